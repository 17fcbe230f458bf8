-- One row a deal and contact, from the export of deals with associated ids: exports/deals.csv. The close date of an open
-- deal is a plan: params.yaml says which stages are open.
SELECT
  TRIM(UNNEST(STRING_SPLIT("Associated Contact IDs", ';'))) AS lead_id,
  "Close Date" AS closed_at,
  "Deal Stage" AS status,
  "Amount" AS amount
FROM READ_CSV('exports/deals.csv', all_varchar = TRUE, header = TRUE)
