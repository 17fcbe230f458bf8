SELECT
  "t0"."lead_id" AS "lead_id",
  "t0"."as_of" AS "as_of",
  NULLIF("t11"."raw_0", '') AS "attribute__industry"
FROM "snapshots" AS "t0"
LEFT OUTER JOIN (
  SELECT
    "t9"."lead_id" AS "lead_id",
    "t9"."as_of" AS "as_of",
    MAX("t9"."value") FILTER(WHERE
      "t9"."attribute" = 'industry') AS "raw_0"
  FROM (
    SELECT
      "t0"."lead_id" AS "lead_id",
      "t0"."as_of" AS "as_of",
      "t2"."attribute" AS "attribute",
      MAX("t2"."value") AS "value"
    FROM "snapshots" AS "t0"
    INNER JOIN "history" AS "t2"
      ON "t0"."lead_id" = "t2"."lead_id" AND "t2"."changed_at" < "t0"."as_of"
    SEMI JOIN (
      SELECT
        "t0"."lead_id" AS "lead_id",
        "t0"."as_of" AS "as_of",
        "t2"."attribute" AS "attribute",
        MAX("t2"."changed_at") AS "changed_at"
      FROM "snapshots" AS "t0"
      INNER JOIN "history" AS "t2"
        ON "t0"."lead_id" = "t2"."lead_id" AND "t2"."changed_at" < "t0"."as_of"
      GROUP BY
        "t0"."lead_id",
        "t0"."as_of",
        "t2"."attribute"
    ) AS "t7"
      ON "t0"."lead_id" = "t7"."lead_id"
      AND "t0"."as_of" = "t7"."as_of"
      AND "t2"."attribute" = "t7"."attribute"
      AND "t2"."changed_at" = "t7"."changed_at"
    GROUP BY
      "t0"."lead_id",
      "t0"."as_of",
      "t2"."attribute"
  ) AS "t9"
  GROUP BY
    "t9"."lead_id",
    "t9"."as_of"
) AS "t11"
  ON "t0"."lead_id" = "t11"."lead_id" AND "t0"."as_of" = "t11"."as_of"
