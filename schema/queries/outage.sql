-- name: outage_delete_all ()
DELETE FROM outage;
