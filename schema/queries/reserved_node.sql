-- name: reserved_node_get (region text, id key) one: reserved_node
SELECT * FROM reserved_node WHERE region = :region AND id = :id;

-- name: reserved_node_after (region text, after key) many: reserved_node
SELECT * FROM reserved_node WHERE region = :region AND id > max(:after, account_key(':')) AND id < account_end() ORDER BY id;

-- name: reserved_node_count (region text) int
SELECT coalesce(sum(nodes), 0) FROM reserved_node WHERE region = :region AND id > account_key(':') AND id < account_end();

-- name: reset_reserved_nodes (region text, account text)
DELETE FROM reserved_node WHERE (:region IS NULL OR region = :region) AND (:account IS NULL OR account = :account);
