-- name: global_get (id key) one: global_replication_group
SELECT * FROM global_replication_group WHERE id = :id;

-- name: global_page (region text, after key, most int) many: global_replication_group
SELECT g.* FROM global_replication_group g JOIN global_member m ON m.global_id = g.id AND m.region = :region
 WHERE g.id > max(:after, account_key(':')) AND g.id < account_end() ORDER BY g.id LIMIT :most;

-- name: member_list (global_id key) many: global_member
SELECT * FROM global_member WHERE global_id = :global_id ORDER BY role, region;

-- name: member_of_rg (region text, rg_id key) one: global_member
SELECT * FROM global_member WHERE region = :region AND rg_id = :rg_id;
