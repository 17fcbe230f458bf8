-- One row a closed opportunity of a converted lead. The close date of an open one is a plan, so it is left out.
-- Deleted leads are lost on the day of their deletion: lost leads are deleted more often, and without them the rest
-- would look better than it was.
SELECT
  lead.id AS lead_id,
  CAST(opportunity.close_date AS DATE) AS closed_at,
  CASE WHEN opportunity.is_won THEN 'won' ELSE 'lost' END AS status,
  opportunity.amount
FROM lead
INNER JOIN opportunity ON opportunity.id = lead.converted_opportunity_id
WHERE opportunity.is_closed AND lead.master_record_id IS NULL
UNION ALL
SELECT id AS lead_id, CAST($deleted_at AS DATE) AS closed_at, 'lost' AS status, NULL AS amount
FROM lead
WHERE is_deleted AND NOT is_converted AND master_record_id IS NULL
