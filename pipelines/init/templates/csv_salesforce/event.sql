  SELECT "WhoId" AS who_id, CAST(LEFT(REPLACE("StartDateTime", 'T', ' '), 19) AS TIMESTAMP) AS start_date_time
  FROM READ_CSV('exports/Event.csv', all_varchar = TRUE, header = TRUE)
