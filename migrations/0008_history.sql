-- What has a time and is kept for a while: found by it, however much there is.

CREATE INDEX event_by_type ON event (region, source_type, at_ms);
CREATE INDEX event_by_source ON event (region, source_type, source_id, at_ms);
CREATE INDEX snapshot_taken_by_node ON snapshot_taken (region, node_id, at_ms);
CREATE INDEX snapshot_taken_by_time ON snapshot_taken (at_ms);
CREATE INDEX test_failover_by_time ON test_failover (region, at_ms);
