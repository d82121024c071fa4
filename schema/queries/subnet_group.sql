-- name: subnet_group_get (region text, name key) one: subnet_group
SELECT * FROM subnet_group WHERE region = :region AND name = :name;

-- name: subnet_group_page (region text, after key, most int) many: subnet_group
SELECT * FROM subnet_group WHERE region = :region AND name > max(:after, account_key(':')) AND name < account_end() ORDER BY name LIMIT :most;

-- name: subnet_group_count (region text) int
SELECT count(*) FROM subnet_group WHERE region = :region AND name > account_key(':') AND name < account_end();

-- Of a group that somebody has made: the default one is in no index (migrations/0043).
-- name: subnet_group_used (region text, name key) int
SELECT EXISTS (SELECT 1 FROM cache_cluster WHERE region = :region AND subnet_group = :name AND subnet_group <> 'default');

-- name: subnet_list (region text, group_name key) many: subnet
SELECT * FROM subnet WHERE region = :region AND group_name = :group_name ORDER BY id;

-- name: subnet_forget (region text, group_name key)
DELETE FROM subnet WHERE region = :region AND group_name = :group_name;
