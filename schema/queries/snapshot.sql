-- Those that are taken for a dump of the state (ops/dump) are for nobody else.
-- name: snapshot_get (region text, name key) one: snapshot
SELECT * FROM snapshot WHERE region = :region AND name = :name AND source <> 'dump';

-- name: snapshot_page (region text, cluster_id key, rg_id key, source text, after key, most int) many: snapshot
SELECT * FROM snapshot
 WHERE region = :region AND name > max(:after, account_key(':')) AND name < account_end() AND source <> 'dump' AND (:cluster_id IS NULL OR cluster_id = :cluster_id)
   AND (:rg_id IS NULL OR rg_id = :rg_id) AND (:source IS NULL OR source = :source)
 ORDER BY name LIMIT :most;

-- name: snapshot_parts (region text, snapshot key) many: snapshot_part
SELECT * FROM snapshot_part WHERE region = :region AND snapshot = :snapshot ORDER BY node_group_id;

-- What lies in the future was noted before the clock was set back.
-- name: snapshot_taken_count (region text, node_id key, since_ms int, now_ms int) int
SELECT count(*) FROM snapshot_taken WHERE region = :region AND node_id = :node_id AND at_ms > :since_ms AND at_ms <= :now_ms;

-- name: snapshot_taken_add (region text, node_id key, at_ms int)
INSERT INTO snapshot_taken (region, node_id, at_ms) VALUES (:region, :node_id, :at_ms);

-- name: snapshot_taken_forget (before_ms int, most int)
DELETE FROM snapshot_taken WHERE seq IN (SELECT seq FROM snapshot_taken WHERE at_ms <= :before_ms ORDER BY at_ms LIMIT :most);

-- Whether a copy is being made of it.
-- name: snapshot_is_copied (region text, name key) int
SELECT EXISTS (SELECT 1 FROM snapshot INDEXED BY snapshot_being_copied WHERE region = :region AND copied_from = :name AND status = 'creating');
