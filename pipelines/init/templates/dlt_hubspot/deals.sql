-- One row a deal and contact. The close date of an open deal is a plan: params.yaml says which stages are open.
SELECT contacts__deals.value AS lead_id, deals.closedate AS closed_at, deals.dealstage AS status, deals.amount
FROM deals
INNER JOIN contacts__deals ON contacts__deals.deals_id = deals.id
