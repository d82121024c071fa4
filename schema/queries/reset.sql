-- A reset of one region or account: NULL stands for all of them.

-- What has processes or files, and is not gone yet.
-- name: reset_left (region text, account text) int
SELECT (SELECT count(*) FROM replication_group WHERE (:region IS NULL OR region = :region) AND (:account IS NULL OR account = :account))
     + (SELECT count(*) FROM cache_cluster WHERE (:region IS NULL OR region = :region) AND (:account IS NULL OR account = :account))
     + (SELECT count(*) FROM snapshot WHERE (:region IS NULL OR region = :region) AND (:account IS NULL OR account = :account))
     + (SELECT count(*) FROM global_replication_group WHERE status = 'deleting');

-- name: reset_tags (arns text)
DELETE FROM tag WHERE arn GLOB :arns;

-- name: reset_events (region text, account text)
DELETE FROM event WHERE (:region IS NULL OR region = :region) AND (:account IS NULL OR account_of(source_id) = :account);

-- name: reset_test_failovers (region text, account text)
DELETE FROM test_failover WHERE (:region IS NULL OR region = :region) AND (:account IS NULL OR account_of(rg_id) = :account);

-- name: reset_snapshots_taken (region text, account text)
DELETE FROM snapshot_taken WHERE (:region IS NULL OR region = :region) AND (:account IS NULL OR account_of(node_id) = :account);
