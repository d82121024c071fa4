-- name: cluster_get (region text, id key) one: cache_cluster
SELECT * FROM cache_cluster WHERE region = :region AND id = :id;

-- name: cluster_page (region text, after key, most int) many: cache_cluster
SELECT * FROM cache_cluster WHERE region = :region AND id > max(:after, account_key(':')) AND id < account_end() ORDER BY id LIMIT :most;

-- name: cluster_count (region text) int
SELECT (SELECT count(*) FROM replication_group WHERE region = :region AND id > account_key(':') AND id < account_end())
     + (SELECT count(*) FROM cache_cluster WHERE region = :region AND id > account_key(':') AND id < account_end() AND rg_id IS NULL);

-- name: cluster_page_alone (region text, after key, most int) many: cache_cluster
SELECT * FROM cache_cluster WHERE region = :region AND id > max(:after, account_key(':')) AND id < account_end() AND rg_id IS NULL ORDER BY id LIMIT :most;

-- name: cluster_list_by_rg (region text, rg_id key) many: cache_cluster
SELECT * FROM cache_cluster INDEXED BY cache_cluster_by_group WHERE region = :region AND rg_id = :rg_id ORDER BY id;

-- name: endpoint_of_cluster (region text, cluster_id key) one: endpoint
SELECT * FROM endpoint INDEXED BY endpoint_by_cluster WHERE region = :region AND cluster_id = :cluster_id;
