-- One row a stage that a contact entered, from the same history.
SELECT DISTINCT object_id AS lead_id, value AS stage, "timestamp" AS entered_at
FROM contacts_property_history
WHERE property_name = 'lifecyclestage' AND value IS NOT NULL
