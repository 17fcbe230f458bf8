-- One row a contact. A contact that was merged into another one is left out.
SELECT
  id,
  property_createdate AS created_at,
  property_email AS email,
  property_jobtitle AS jobtitle,
  property_annualrevenue AS annualrevenue,
  property_company AS company
FROM contact
WHERE id NOT IN (SELECT vid_to_merge FROM contact_merge_audit)
