-- One row a call, e-mail, meeting, form, opened or clicked marketing e-mail. The table engagement has no times since
-- version 3 of HubSpot's interface: they come from the tables of each kind.
WITH engagement_time AS (
  SELECT engagement_id, property_hs_timestamp AS occurred_at, 'sales_call' AS type FROM engagement_call
  UNION ALL
  SELECT engagement_id, property_hs_timestamp AS occurred_at, 'sales_email' AS type FROM engagement_email
  UNION ALL
  SELECT engagement_id, property_hs_timestamp AS occurred_at, 'meeting' AS type FROM engagement_meeting
), recipient AS (
  -- an address is not unique: an e-mail event counts for the oldest contact that has it
  SELECT LOWER(property_email) AS email, MIN(id) AS contact_id
  FROM contact
  WHERE property_email IS NOT NULL AND NOT COALESCE(_fivetran_deleted, FALSE)
  GROUP BY LOWER(property_email)
), activity AS (
  SELECT engagement_contact.contact_id, engagement_time.occurred_at, engagement_time.type
  FROM engagement_contact
  INNER JOIN engagement_time ON engagement_time.engagement_id = engagement_contact.engagement_id
  UNION ALL
  SELECT contact_id, "timestamp" AS occurred_at, 'form_submit' AS type FROM contact_form_submission
  UNION ALL
  -- filtered events are those of HubSpot's own staff and of robots
  SELECT recipient.contact_id, email_event.created AS occurred_at, CONCAT('email_', LOWER(email_event.type)) AS type
  FROM email_event
  INNER JOIN recipient ON recipient.email = LOWER(email_event.recipient)
  WHERE email_event.type IN ('OPEN', 'CLICK') AND NOT COALESCE(email_event.filtered_event, FALSE)
)
SELECT COALESCE(merged.lead_id, activity.contact_id) AS lead_id, activity.occurred_at, activity.type
FROM activity
LEFT JOIN merged ON merged.contact_id = activity.contact_id
WHERE activity.occurred_at <= CURRENT_TIMESTAMP
