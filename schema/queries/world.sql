-- Whatever plans look at, grouped by replication group: an id alone would interleave the groups "a" and "a-0".

-- name: world_node_groups () many: node_group
SELECT * FROM node_group ORDER BY region, rg_id, id;

-- name: world_clusters () many: cache_cluster
SELECT * FROM cache_cluster ORDER BY region, rg_id, id;

-- name: world_nodes () many: node
SELECT * FROM node ORDER BY region, rg_id, id;

-- name: world_endpoints () many: endpoint
SELECT * FROM endpoint ORDER BY region, rg_id, id;
