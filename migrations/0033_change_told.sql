-- What is done to the number of replicas, until it is done and an event says so.
ALTER TABLE replication_group ADD COLUMN replicas_change TEXT NOT NULL DEFAULT '';
-- The moves of slots that events have told the beginning of: 'FROM>TO:SLOTS', separated by spaces.
ALTER TABLE resharding ADD COLUMN told TEXT;
-- A replication group's members have the status of its topic.
ALTER TABLE replication_group ADD COLUMN notification_topic_status TEXT NOT NULL DEFAULT 'active';
