-- A change of the number of shards that can't be completed is given up.
ALTER TABLE resharding ADD COLUMN given_up TEXT;                                -- why: slots stay where they are, those in flight come to rest; NULL: it is not
ALTER TABLE resharding ADD COLUMN seen_stuck TEXT;                              -- why no slot gets any further, as the agent tells; NULL: they do
ALTER TABLE resharding ADD COLUMN seen_stuck_back INTEGER NOT NULL DEFAULT 0;   -- that is about slots that are to come to rest
ALTER TABLE shard_node ADD COLUMN seen_moving INTEGER NOT NULL DEFAULT 0;       -- to it, some slot is in flight
