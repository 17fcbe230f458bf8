-- One row a contact, from the export of contacts: exports/contacts.csv. Last contacted, number of page views and the like
-- hold today's value, which was written after the outcome: they are no attributes.
SELECT
  "Record ID" AS id,
  "Create Date" AS created_at,
  "Email" AS email,
  "Job Title" AS job_title,
  "Country/Region" AS country,
  "Original Traffic Source" AS traffic_source,
  "First Name" AS first_name,
  "Last Name" AS last_name,
  "Contact owner" AS owner
FROM READ_CSV('exports/contacts.csv', all_varchar = TRUE, header = TRUE)
