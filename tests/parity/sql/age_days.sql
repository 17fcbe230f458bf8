SELECT
  "t0"."lead_id" AS "lead_id",
  "t0"."as_of" AS "as_of",
  CAST(CAST(EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."as_of") AS TIMESTAMP)) AS BIGINT) - CAST(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."created_at") AS TIMESTAMP)) AS BIGINT) AS DOUBLE) / 86400.0 AS "age_days"
FROM "snapshots" AS "t0"
LEFT OUTER JOIN "leads" AS "t1"
  ON "t0"."lead_id" = "t1"."lead_id"
