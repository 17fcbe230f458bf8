-- One row a closed deal and contact. The close date of an open deal is a plan; a deal whose stage was deleted has no
-- outcome: both are left out. Deleted contacts are lost on the day of their deletion: lost ones are deleted more often,
-- and without them the rest would look better than it was.
SELECT
  COALESCE(merged.lead_id, deal_contact.contact_id) AS lead_id,
  deal.property_closedate AS closed_at,
  CASE WHEN deal_pipeline_stage.closed_won THEN 'won' ELSE 'lost' END AS status,
  deal.property_amount AS amount
FROM deal
INNER JOIN deal_contact ON deal_contact.deal_id = deal.deal_id
INNER JOIN deal_pipeline_stage ON deal_pipeline_stage.stage_id = deal.deal_pipeline_stage_id
LEFT JOIN merged ON merged.contact_id = deal_contact.contact_id
WHERE deal_pipeline_stage.is_closed AND NOT COALESCE(deal.is_deleted, FALSE)
UNION ALL
SELECT id AS lead_id, _fivetran_synced AS closed_at, 'lost' AS status, NULL AS amount
FROM contact
WHERE _fivetran_deleted AND id NOT IN (SELECT contact_id FROM merged)
