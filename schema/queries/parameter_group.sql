-- name: parameter_group_get (region text, name key) one: parameter_group
SELECT * FROM parameter_group WHERE region = :region AND name = :name;

-- name: parameter_group_page (region text, after key, most int) many: parameter_group
SELECT * FROM parameter_group WHERE region = :region AND name > max(:after, account_key(':')) AND name < account_end() ORDER BY name LIMIT :most;

-- name: parameter_group_count (region text) int
SELECT count(*) FROM parameter_group WHERE region = :region AND name > account_key(':') AND name < account_end();

-- Of cache parameter groups that somebody has made: default ones are in no index (migrations/0043).

-- Whether anything uses the group or is about to.
-- name: parameter_group_used (region text, name shared) int
SELECT EXISTS (SELECT 1 FROM cache_cluster WHERE region = :region AND parameter_group = :name AND substr(parameter_group, 1, 8) <> 'default.')
    OR EXISTS (SELECT 1 FROM cache_cluster WHERE region = :region AND pending_parameter_group = :name)
    OR EXISTS (SELECT 1 FROM replication_group WHERE region = :region AND parameter_group = :name AND substr(parameter_group, 1, 8) <> 'default.');

-- name: parameter_list (region text, group_name key) many: parameter
SELECT * FROM parameter WHERE region = :region AND group_name = :group_name ORDER BY name;

-- name: cluster_list_by_parameter_group (region text, parameter_group shared) many: cache_cluster
SELECT * FROM cache_cluster INDEXED BY cache_cluster_by_parameter_group
 WHERE region = :region AND parameter_group = :parameter_group AND substr(parameter_group, 1, 8) <> 'default.' ORDER BY id;

-- The membership of the group that uses this parameter group.
-- name: member_by_parameter_group (region text, name shared) one: global_member
SELECT m.* FROM global_member m JOIN replication_group g ON g.region = m.region AND g.id = m.rg_id
 WHERE g.region = :region AND g.parameter_group = :name AND substr(g.parameter_group, 1, 8) <> 'default.';
