-- One row a call, e-mail, task or meeting. At conversion Salesforce moves activities from the lead to its contact: they
-- are brought back, because a converted lead would look silent.
WITH person AS (
  SELECT id AS who_id, COALESCE(master_record_id, id) AS lead_id, created_date FROM lead
  UNION ALL
  SELECT converted_contact_id AS who_id, id AS lead_id, created_date
  FROM lead
  WHERE converted_contact_id IS NOT NULL AND master_record_id IS NULL
), activity AS (
  -- an open task is planned, not done
  SELECT
    who_id,
    COALESCE(completed_date_time, CAST(activity_date AS TIMESTAMP), created_date) AS occurred_at,
    LOWER(COALESCE(task_subtype, type, 'task')) AS type
  FROM task
  WHERE is_closed
  UNION ALL
  SELECT who_id, start_date_time AS occurred_at, 'meeting' AS type
  FROM event
  WHERE start_date_time <= CURRENT_TIMESTAMP$more
)
SELECT person.lead_id, activity.occurred_at, activity.type
FROM activity
INNER JOIN person ON person.who_id = activity.who_id
WHERE activity.occurred_at >= person.created_date
