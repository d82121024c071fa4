-- INDEXED BY: without it, SQLite walks through a whole region by the primary key, as it knows nothing of the tables' sizes.

-- name: node_get (region text, id key) one: node
SELECT * FROM node WHERE region = :region AND id = :id;

-- name: node_list_by_cluster (region text, cluster_id key) many: node
SELECT * FROM node INDEXED BY node_by_cluster WHERE region = :region AND cluster_id = :cluster_id ORDER BY id;

-- name: node_list_by_rg (region text, rg_id key) many: node
SELECT * FROM node INDEXED BY node_by_group WHERE region = :region AND rg_id = :rg_id ORDER BY id;

-- name: node_count (region text) int
SELECT count(*) FROM node WHERE region = :region AND id > account_key(':') AND id < account_end() AND want = 'run';
