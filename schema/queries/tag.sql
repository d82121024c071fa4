-- name: tag_list (arn text) many: tag
SELECT * FROM tag WHERE arn = :arn ORDER BY key;

-- name: tag_get (arn text, key text) one: tag
SELECT * FROM tag WHERE arn = :arn AND key = :key;

-- name: tag_delete_arn (arn text)
DELETE FROM tag WHERE arn = :arn;
