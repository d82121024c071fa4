-- Every table has NAME_all, NAME_put and NAME_delete besides (see src/gen/gen_sql.py).

-- name: rg_get (region text, id key) one: replication_group
SELECT * FROM replication_group WHERE region = :region AND id = :id;

-- Lists begin behind the ids of what is beneath serverless caches (plan/serverless.h), and are of one account (store/keys.h).

-- name: rg_page (region text, after key, most int) many: replication_group
SELECT * FROM replication_group WHERE region = :region AND id > max(:after, account_key(':')) AND id < account_end() ORDER BY id LIMIT :most;

-- name: rg_ids (region text, after key, most int) keys
SELECT id FROM replication_group WHERE region = :region AND id > max(:after, account_key(':')) AND id < account_end() ORDER BY id LIMIT :most;

-- The groups of one page lie between its first and its last id: whatever belongs to them comes with one query each.

-- name: node_group_span (region text, first key, last key) many: node_group
SELECT * FROM node_group WHERE region = :region AND rg_id BETWEEN :first AND :last ORDER BY rg_id, id;

-- name: endpoint_span (region text, first key, last key) many: endpoint
SELECT * FROM endpoint WHERE region = :region AND rg_id BETWEEN :first AND :last ORDER BY rg_id, id;

-- name: node_span (region text, first key, last key) many: node
SELECT * FROM node WHERE region = :region AND rg_id BETWEEN :first AND :last ORDER BY rg_id, id;

-- name: member_span (region text, first key, last key) many: global_member
SELECT * FROM global_member WHERE region = :region AND rg_id BETWEEN :first AND :last ORDER BY rg_id;

-- What lies in the future was noted before the clock was set back.
-- name: test_failover_count (region text, since_ms int, now_ms int) int
SELECT count(*) FROM test_failover WHERE region = :region AND rg_id > account_key(':') AND rg_id < account_end() AND at_ms > :since_ms AND at_ms <= :now_ms;

-- name: test_failover_add (region text, rg_id key, node_group_id text, at_ms int)
INSERT INTO test_failover (region, rg_id, node_group_id, at_ms) VALUES (:region, :rg_id, :node_group_id, :at_ms);

-- name: test_failover_forget (region text, before_ms int)
DELETE FROM test_failover WHERE region = :region AND at_ms <= :before_ms;
