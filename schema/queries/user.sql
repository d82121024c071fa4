-- name: user_get (region text, id key) one: user
SELECT * FROM user WHERE region = :region AND id = :id;

-- name: user_page (region text, after key, most int) many: user
SELECT * FROM user WHERE region = :region AND id > max(:after, account_key(':')) AND id < account_end() ORDER BY id LIMIT :most;

-- name: user_count (region text) int
SELECT count(*) FROM user WHERE region = :region AND id > account_key(':') AND id < account_end();

-- name: user_group_get (region text, id key) one: user_group
SELECT * FROM user_group WHERE region = :region AND id = :id;

-- name: user_group_page (region text, after key, most int) many: user_group
SELECT * FROM user_group WHERE region = :region AND id > max(:after, account_key(':')) AND id < account_end() ORDER BY id LIMIT :most;

-- name: user_group_count (region text) int
SELECT count(*) FROM user_group WHERE region = :region AND id > account_key(':') AND id < account_end();

-- name: user_group_members (region text, group_id key) many: user_group_member
SELECT * FROM user_group_member WHERE region = :region AND group_id = :group_id ORDER BY user_id;

-- name: user_memberships (region text, user_id shared) many: user_group_member
SELECT * FROM user_group_member INDEXED BY user_group_member_by_user WHERE region = :region AND user_id = :user_id ORDER BY group_id;

-- name: user_group_users (region text, group_id key) many: user
SELECT * FROM user WHERE region = :region AND id IN
(SELECT user_id FROM user_group_member WHERE region = :region AND group_id = :group_id AND change <> 'remove') ORDER BY id;

-- name: user_group_rgs (region text, group_id key) many: rg_user_group
SELECT * FROM rg_user_group INDEXED BY rg_user_group_by_group WHERE region = :region AND group_id = :group_id ORDER BY rg_id;

-- name: rg_user_group_span (region text, first key, last key) many: rg_user_group
SELECT * FROM rg_user_group WHERE region = :region AND rg_id BETWEEN :first AND :last ORDER BY rg_id, group_id;
