-- name: outage_delete_all ()
DELETE FROM outage;

-- name: network_link_delete_all ()
DELETE FROM network_link;
