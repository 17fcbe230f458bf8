  -- a contact may be merged into one that is merged itself
  SELECT once.vid_to_merge AS contact_id, COALESCE(twice.canonical_vid, once.canonical_vid) AS lead_id
  FROM contact_merge_audit AS once
  LEFT JOIN contact_merge_audit AS twice ON twice.vid_to_merge = once.canonical_vid
