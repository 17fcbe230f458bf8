-- One row a lead. A merged lead is left out: what belongs to it is counted for the lead that was kept.
SELECT
  id,
  created_date,
  lead_source,
  industry,
  title,
  country,
  number_of_employees,
  annual_revenue,
  company,
  owner_id,
  CASE WHEN has_opted_out_of_email THEN 'no' ELSE 'yes' END AS consent
FROM lead
WHERE master_record_id IS NULL
