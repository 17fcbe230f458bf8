SELECT
  "t0"."lead_id" AS "lead_id",
  "t0"."as_of" AS "as_of",
  CASE
    WHEN (
      "t9"."last_key" % 11
    ) = 0
    THEN 'page_view'
    WHEN (
      "t9"."last_key" % 11
    ) = 1
    THEN 'pricing_page'
    WHEN (
      "t9"."last_key" % 11
    ) = 2
    THEN 'email_open'
    WHEN (
      "t9"."last_key" % 11
    ) = 3
    THEN 'email_click'
    WHEN (
      "t9"."last_key" % 11
    ) = 4
    THEN 'whitepaper_download'
    WHEN (
      "t9"."last_key" % 11
    ) = 5
    THEN 'webinar'
    WHEN (
      "t9"."last_key" % 11
    ) = 6
    THEN 'demo_request'
    WHEN (
      "t9"."last_key" % 11
    ) = 7
    THEN 'form_submit'
    WHEN (
      "t9"."last_key" % 11
    ) = 8
    THEN 'sales_call'
    WHEN (
      "t9"."last_key" % 11
    ) = 9
    THEN 'unsubscribe'
    WHEN (
      "t9"."last_key" % 11
    ) = 10
    THEN '(other)'
    ELSE NULL
  END AS "last_touch__any"
FROM "snapshots" AS "t0"
LEFT OUTER JOIN (
  SELECT
    "t8"."lead_id" AS "lead_id",
    "t8"."as_of" AS "as_of",
    MIN(
      (
        "t8"."last" * 11
      ) + CAST(CASE
        WHEN "t8"."type" = 'page_view'
        THEN 0
        WHEN "t8"."type" = 'pricing_page'
        THEN 1
        WHEN "t8"."type" = 'email_open'
        THEN 2
        WHEN "t8"."type" = 'email_click'
        THEN 3
        WHEN "t8"."type" = 'whitepaper_download'
        THEN 4
        WHEN "t8"."type" = 'webinar'
        THEN 5
        WHEN "t8"."type" = 'demo_request'
        THEN 6
        WHEN "t8"."type" = 'form_submit'
        THEN 7
        WHEN "t8"."type" = 'sales_call'
        THEN 8
        WHEN "t8"."type" = 'unsubscribe'
        THEN 9
        WHEN "t8"."type" = '(other)'
        THEN 10
        ELSE 10
      END AS BIGINT)
    ) AS "last_key"
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
