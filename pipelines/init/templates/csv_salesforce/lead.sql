  SELECT
    "Id" AS id,
    CAST(LEFT(REPLACE("CreatedDate", 'T', ' '), 19) AS TIMESTAMP) AS created_date,
    CAST(LEFT(REPLACE("LastModifiedDate", 'T', ' '), 19) AS TIMESTAMP) AS last_modified_date,
    "LeadSource" AS lead_source,
    "Industry" AS industry,
    "Title" AS title,
    "Country" AS country,
    "Company" AS company,
    "NumberOfEmployees" AS number_of_employees,
    "AnnualRevenue" AS annual_revenue,
    "OwnerId" AS owner_id,
    CAST("HasOptedOutOfEmail" AS BOOLEAN) AS has_opted_out_of_email,
    CAST("IsConverted" AS BOOLEAN) AS is_converted,
    CAST("IsDeleted" AS BOOLEAN) AS is_deleted,
    NULLIF("MasterRecordId", '') AS master_record_id,
    NULLIF("ConvertedContactId", '') AS converted_contact_id,
    NULLIF("ConvertedOpportunityId", '') AS converted_opportunity_id
  FROM READ_CSV('exports/Lead.csv', all_varchar = TRUE, header = TRUE)
