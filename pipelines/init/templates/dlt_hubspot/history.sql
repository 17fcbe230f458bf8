-- One row a change of an attribute. Each load appends the whole history again: a change is kept once.
SELECT DISTINCT object_id AS lead_id, property_name AS attribute, value, "timestamp" AS changed_at
FROM contacts_property_history
WHERE property_name IN ('email')
