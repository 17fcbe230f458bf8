SELECT
  "t0"."lead_id" AS "lead_id",
  "t0"."as_of" AS "as_of",
  COALESCE("t10"."count_30d__demo_request", 0.0) AS "count_30d__demo_request"
FROM "snapshots" AS "t0"
LEFT OUTER JOIN (
  SELECT
    "t8"."lead_id" AS "lead_id",
    "t8"."as_of" AS "as_of",
    SUM(CASE WHEN "t8"."type" = 'demo_request' THEN "t8"."count_30d" ELSE 0.0 END) AS "count_30d__demo_request"
  FROM (
    SELECT
      "t0"."lead_id" AS "lead_id",
      "t0"."as_of" AS "as_of",
      "t2"."type" AS "type",
      SUM(
        CAST((
          CAST(CAST(EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."as_of") AS TIMESTAMP)) AS BIGINT) - CAST(EPOCH(CAST(DATE_TRUNC('SECOND', "t2"."occurred_at") AS TIMESTAMP)) AS BIGINT) AS DOUBLE) / 86400.0
        ) <= 30.0 AS DOUBLE)
      ) AS "count_30d"
    FROM "snapshots" AS "t0"
    INNER JOIN "activities" AS "t2"
      ON "t0"."lead_id" = "t2"."lead_id" AND "t2"."occurred_at" < "t0"."as_of"
    GROUP BY
      "t0"."lead_id",
      "t0"."as_of",
      "t2"."type"
  ) AS "t8"
  GROUP BY
    "t8"."lead_id",
    "t8"."as_of"
) AS "t10"
  ON "t0"."lead_id" = "t10"."lead_id" AND "t0"."as_of" = "t10"."as_of"
