-- One row a change of an attribute.
SELECT DISTINCT
  COALESCE(merged.lead_id, changed.contact_id) AS lead_id,
  changed.name AS attribute,
  changed.value AS value,
  changed."timestamp" AS changed_at
FROM contact_property_history AS changed
LEFT JOIN merged ON merged.contact_id = changed.contact_id
WHERE changed.name IN ('jobtitle', 'annualrevenue', 'email')
