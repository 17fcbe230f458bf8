  SELECT
    "WhoId" AS who_id,
    CAST(LEFT(REPLACE(NULLIF("CompletedDateTime", ''), 'T', ' '), 19) AS TIMESTAMP) AS completed_date_time,
    CAST(NULLIF(LEFT("ActivityDate", 10), '') AS DATE) AS activity_date,
    CAST(LEFT(REPLACE("CreatedDate", 'T', ' '), 19) AS TIMESTAMP) AS created_date,
    NULLIF("TaskSubtype", '') AS task_subtype,
    NULLIF("Type", '') AS type,
    CAST("IsClosed" AS BOOLEAN) AS is_closed
  FROM READ_CSV('exports/Task.csv', all_varchar = TRUE, header = TRUE)
