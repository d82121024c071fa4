-- name: subnet_group_get (region text, name text) one: subnet_group
SELECT * FROM subnet_group WHERE region = :region AND name = :name;

-- name: subnet_group_page (region text, after text, most int) many: subnet_group
SELECT * FROM subnet_group WHERE region = :region AND name > :after ORDER BY name LIMIT :most;

-- name: subnet_group_count (region text) int
SELECT count(*) FROM subnet_group WHERE region = :region;

-- name: subnet_group_users (region text, name text) int
SELECT count(*) FROM cache_cluster WHERE region = :region AND subnet_group = :name;

-- name: subnet_list (region text, group_name text) many: subnet
SELECT * FROM subnet WHERE region = :region AND group_name = :group_name ORDER BY id;

-- name: subnet_forget (region text, group_name text)
DELETE FROM subnet WHERE region = :region AND group_name = :group_name;
