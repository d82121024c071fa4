-- name: event_add (region text, at_ms int, source_type text, source_id text, message text)
INSERT INTO event (region, at_ms, source_type, source_id, message) VALUES (:region, :at_ms, :source_type, :source_id, :message);

-- Newest first; 'before' is the seq of the last event of the page before.
-- name: event_page (region text, source_type text, source_id text, from_ms int, to_ms int, before int, most int) many: event
SELECT * FROM event
 WHERE region = :region AND at_ms BETWEEN :from_ms AND :to_ms AND seq < :before
   AND (:source_type IS NULL OR source_type = :source_type) AND (:source_id IS NULL OR source_id = :source_id)
 ORDER BY seq DESC LIMIT :most;

-- name: event_forget (before_ms int)
DELETE FROM event WHERE at_ms < :before_ms;
