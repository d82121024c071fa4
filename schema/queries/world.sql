-- Whatever plans look at, grouped by replication group: an id alone would interleave the groups "a" and "a-0".

-- name: node_group_by_group () many: node_group
SELECT * FROM node_group ORDER BY region, rg_id, id;

-- name: cache_cluster_by_group () many: cache_cluster
SELECT * FROM cache_cluster ORDER BY region, rg_id, id;

-- name: node_by_group () many: node
SELECT * FROM node ORDER BY region, rg_id, id;

-- name: endpoint_by_group () many: endpoint
SELECT * FROM endpoint ORDER BY region, rg_id, id;
