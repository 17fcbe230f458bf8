-- One row a contact. dlt loads six properties of a contact unless it is asked for more: add those that say who it is.
SELECT id, createdate AS created_at, email, firstname, lastname
FROM contacts
