  SELECT
    "Id" AS id,
    CAST(LEFT("CloseDate", 10) AS DATE) AS close_date,
    CAST("IsClosed" AS BOOLEAN) AS is_closed,
    CAST("IsWon" AS BOOLEAN) AS is_won,
    CAST(NULLIF("Amount", '') AS DOUBLE) AS amount
  FROM READ_CSV('exports/Opportunity.csv', all_varchar = TRUE, header = TRUE)
