-- name: encryption_get (region text, rg_id key) one: encryption
SELECT * FROM encryption WHERE region = :region AND rg_id = :rg_id;

-- Those of the groups of one page.
-- name: encryption_span (region text, first key, last key) many: encryption
SELECT * FROM encryption WHERE region = :region AND rg_id BETWEEN :first AND :last ORDER BY rg_id;
