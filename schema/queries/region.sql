-- name: region_get (name text) one: region
SELECT * FROM region WHERE name = :name;
