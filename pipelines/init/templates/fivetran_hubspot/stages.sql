-- One row a stage that a contact entered.
SELECT DISTINCT
  COALESCE(merged.lead_id, changed.contact_id) AS lead_id,
  changed.value AS stage,
  changed."timestamp" AS entered_at
FROM contact_property_history AS changed
LEFT JOIN merged ON merged.contact_id = changed.contact_id
WHERE changed.name = 'lifecyclestage' AND changed.value IS NOT NULL
