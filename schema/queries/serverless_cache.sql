-- name: serverless_cache_get (region text, name text) one: serverless_cache
SELECT * FROM serverless_cache WHERE region = :region AND name = :name;

-- name: serverless_cache_page (region text, after text, most int) many: serverless_cache
SELECT * FROM serverless_cache WHERE region = :region AND name > :after ORDER BY name LIMIT :most;

-- name: serverless_cache_count (region text) int
SELECT count(*) FROM serverless_cache WHERE region = :region;
