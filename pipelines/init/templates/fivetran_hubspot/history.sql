-- One row a change of an attribute.
WITH merged AS (
  SELECT once.vid_to_merge AS contact_id, COALESCE(twice.canonical_vid, once.canonical_vid) AS lead_id
  FROM contact_merge_audit AS once
  LEFT JOIN contact_merge_audit AS twice ON twice.vid_to_merge = once.canonical_vid
)
SELECT DISTINCT
  COALESCE(merged.lead_id, changed.contact_id) AS lead_id,
  changed.name AS attribute,
  changed.value AS value,
  changed."timestamp" AS changed_at
FROM contact_property_history AS changed
LEFT JOIN merged ON merged.contact_id = changed.contact_id
WHERE changed.name IN ('jobtitle', 'annualrevenue', 'email')
