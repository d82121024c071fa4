-- Which logs are delivered: 'DESTINATION_TYPE FORMAT DESTINATION' and how far that has come. Members have their replication group's.
ALTER TABLE replication_group ADD COLUMN slow_log TEXT;
ALTER TABLE replication_group ADD COLUMN slow_log_status TEXT;
ALTER TABLE replication_group ADD COLUMN engine_log TEXT;
ALTER TABLE replication_group ADD COLUMN engine_log_status TEXT;
ALTER TABLE cache_cluster ADD COLUMN slow_log TEXT;
ALTER TABLE cache_cluster ADD COLUMN slow_log_status TEXT;
ALTER TABLE cache_cluster ADD COLUMN engine_log TEXT;
ALTER TABLE cache_cluster ADD COLUMN engine_log_status TEXT;
ALTER TABLE node ADD COLUMN seen_logs_generation INTEGER NOT NULL DEFAULT 0;
