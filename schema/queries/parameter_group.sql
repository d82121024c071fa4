-- name: parameter_group_get (region text, name text) one: parameter_group
SELECT * FROM parameter_group WHERE region = :region AND name = :name;
