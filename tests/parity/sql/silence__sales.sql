SELECT
  "t0"."lead_id" AS "lead_id",
  "t0"."as_of" AS "as_of",
  CASE
    WHEN COALESCE("t9"."lead_last" < "t9"."sales_last", FALSE)
    AND (
      NOT "t9"."sales_last" IS NULL
    )
    THEN 0.0
    ELSE CAST("t9"."sales_last" AS DOUBLE) / 86400.0
  END AS "silence__sales"
FROM "snapshots" AS "t0"
LEFT OUTER JOIN (
  SELECT
    "t8"."lead_id" AS "lead_id",
    "t8"."as_of" AS "as_of",
    MIN("t8"."last") FILTER(WHERE
      COALESCE("t8"."type" IN ('sales_call'), FALSE)) AS "sales_last",
    MIN("t8"."last") FILTER(WHERE
      NOT (
        COALESCE("t8"."type" IN ('sales_call'), FALSE)
      )) AS "lead_last"
  FROM (
    SELECT
      "t0"."lead_id" AS "lead_id",
      "t0"."as_of" AS "as_of",
      "t2"."type" AS "type",
      MIN(
        CAST(EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."as_of") AS TIMESTAMP)) AS BIGINT) - CAST(EPOCH(CAST(DATE_TRUNC('SECOND', "t2"."occurred_at") AS TIMESTAMP)) AS BIGINT)
      ) AS "last"
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
) AS "t9"
  ON "t0"."lead_id" = "t9"."lead_id" AND "t0"."as_of" = "t9"."as_of"
