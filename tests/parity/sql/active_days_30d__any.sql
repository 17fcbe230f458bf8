SELECT
  "t0"."lead_id" AS "lead_id",
  "t0"."as_of" AS "as_of",
  COALESCE(CAST("t17"."active_days_30d__any" AS DOUBLE), 0.0) AS "active_days_30d__any"
FROM "snapshots" AS "t0"
LEFT OUTER JOIN (
  SELECT
    "t14"."lead_id" AS "lead_id",
    "t14"."as_of" AS "as_of",
    "t11"."active_days_30d__any" AS "active_days_30d__any"
  FROM (
    SELECT
      "t12"."lead_id" AS "lead_id",
      "t12"."as_of" AS "as_of"
    FROM (
      SELECT
        "t0"."lead_id" AS "lead_id",
        "t0"."as_of" AS "as_of"
      FROM "snapshots" AS "t0"
      INNER JOIN "activities" AS "t2"
        ON "t0"."lead_id" = "t2"."lead_id" AND "t2"."occurred_at" < "t0"."as_of"
      GROUP BY
        "t0"."lead_id",
        "t0"."as_of",
        "t2"."type"
    ) AS "t12"
    GROUP BY
      "t12"."lead_id",
      "t12"."as_of"
  ) AS "t14"
  LEFT OUTER JOIN (
    SELECT
      "t0"."lead_id" AS "lead_id",
      "t0"."as_of" AS "as_of",
      COUNT(DISTINCT CAST("t2"."local_at" AS DATE)) FILTER(WHERE
        (
          CAST(CAST(EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."as_of") AS TIMESTAMP)) AS BIGINT) - CAST(EPOCH(CAST(DATE_TRUNC('SECOND', "t2"."occurred_at") AS TIMESTAMP)) AS BIGINT) AS DOUBLE) / 86400.0
        ) <= 30.0) AS "active_days_30d__any"
    FROM "snapshots" AS "t0"
    INNER JOIN "activities" AS "t2"
      ON "t0"."lead_id" = "t2"."lead_id" AND "t2"."occurred_at" < "t0"."as_of"
    WHERE
      (
        CAST(CAST(EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."as_of") AS TIMESTAMP)) AS BIGINT) - CAST(EPOCH(CAST(DATE_TRUNC('SECOND', "t2"."occurred_at") AS TIMESTAMP)) AS BIGINT) AS DOUBLE) / 86400.0
      ) <= 90.0
    GROUP BY
      "t0"."lead_id",
      "t0"."as_of"
  ) AS "t11"
    ON "t14"."lead_id" = "t11"."lead_id" AND "t14"."as_of" = "t11"."as_of"
) AS "t17"
  ON "t0"."lead_id" = "t17"."lead_id" AND "t0"."as_of" = "t17"."as_of"
