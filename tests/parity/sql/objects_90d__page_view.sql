SELECT
  "t0"."lead_id" AS "lead_id",
  "t0"."as_of" AS "as_of",
  COALESCE("t18"."objects_90d__page_view", 0.0) AS "objects_90d__page_view"
FROM "snapshots" AS "t0"
LEFT OUTER JOIN (
  SELECT
    "t13"."lead_id" AS "lead_id",
    "t13"."as_of" AS "as_of",
    "t15"."objects_90d__page_view" AS "objects_90d__page_view"
  FROM (
    SELECT
      "t11"."lead_id" AS "lead_id",
      "t11"."as_of" AS "as_of"
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
    ) AS "t11"
    GROUP BY
      "t11"."lead_id",
      "t11"."as_of"
  ) AS "t13"
  LEFT OUTER JOIN (
    SELECT
      "t10"."lead_id" AS "lead_id",
      "t10"."as_of" AS "as_of",
      CAST(SUM(CASE WHEN "t10"."type" = 'page_view' THEN "t10"."objects_90d" ELSE 0 END) AS DOUBLE) AS "objects_90d__page_view"
    FROM (
      SELECT
        "t9"."lead_id" AS "lead_id",
        "t9"."as_of" AS "as_of",
        "t9"."type" AS "type",
        COUNT("t9"."object") AS "objects_90d"
      FROM (
        SELECT DISTINCT
          "t0"."lead_id" AS "lead_id",
          "t0"."as_of" AS "as_of",
          "t2"."type" AS "type",
          "t2"."object" AS "object"
        FROM "snapshots" AS "t0"
        INNER JOIN "activities" AS "t2"
          ON "t0"."lead_id" = "t2"."lead_id" AND "t2"."occurred_at" < "t0"."as_of"
        WHERE
          (
            CAST(CAST(EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."as_of") AS TIMESTAMP)) AS BIGINT) - CAST(EPOCH(CAST(DATE_TRUNC('SECOND', "t2"."occurred_at") AS TIMESTAMP)) AS BIGINT) AS DOUBLE) / 86400.0
          ) <= 90.0
          AND NOT "t2"."object" IS NULL
      ) AS "t9"
      GROUP BY
        "t9"."lead_id",
        "t9"."as_of",
        "t9"."type"
    ) AS "t10"
    GROUP BY
      "t10"."lead_id",
      "t10"."as_of"
  ) AS "t15"
    ON "t13"."lead_id" = "t15"."lead_id" AND "t13"."as_of" = "t15"."as_of"
) AS "t18"
  ON "t0"."lead_id" = "t18"."lead_id" AND "t0"."as_of" = "t18"."as_of"
