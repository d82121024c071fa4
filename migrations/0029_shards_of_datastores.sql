-- In cluster mode each shard of a datastore has an offset of its own that its next primary waits for, a fork of its own, and gets its data
-- back by itself.
ALTER TABLE node_group ADD COLUMN rise_offset INTEGER NOT NULL DEFAULT -1; -- where its primary becomes that of the datastore; -1: it waits for none
ALTER TABLE node_group ADD COLUMN fork_offset INTEGER NOT NULL DEFAULT 0;  -- the first one that the next primary has of its own; -1, -2: fork.c; 0: none has
ALTER TABLE node_group ADD COLUMN reviving INTEGER NOT NULL DEFAULT 0;     -- its dead primary gets its data back from another region
UPDATE node_group SET fork_offset = m.fork_offset,
  rise_offset = CASE WHEN g.phase IN ('promoting', 'withdrawing') AND m.region = g.switch_region THEN g.switch_offset
                     WHEN g.phase IN ('reviving', 'returning') AND m.role = 'PRIMARY' THEN g.switch_offset ELSE -1 END,
  reviving = g.phase IN ('reviving', 'returning') AND m.role = 'PRIMARY'
 FROM global_member m JOIN global_replication_group g ON g.id = m.global_id
 WHERE m.region = node_group.region AND m.rg_id = node_group.rg_id;
ALTER TABLE global_member DROP COLUMN fork_offset;
ALTER TABLE global_replication_group DROP COLUMN switch_offset;
