-- name: reserved_node_get (region text, id text) one: reserved_node
SELECT * FROM reserved_node WHERE region = :region AND id = :id;

-- name: reserved_node_after (region text, after text) many: reserved_node
SELECT * FROM reserved_node WHERE region = :region AND id > :after ORDER BY id;

-- name: reserved_node_count (region text) int
SELECT coalesce(sum(nodes), 0) FROM reserved_node WHERE region = :region;

-- name: reset_reserved_nodes (region text, account text)
DELETE FROM reserved_node WHERE (:region IS NULL OR region = :region) AND (:account IS NULL OR account = :account);
