-- Groups with cluster mode enabled.

-- What a node group of such a group has besides its row in node_group, whose 'slots' are those that its primary holds.
CREATE TABLE shard (
  region       TEXT NOT NULL,
  rg_id        TEXT NOT NULL,
  id           TEXT NOT NULL,
  next_member  INTEGER NOT NULL,   -- the number the shard's next member cluster gets
  primary_seen INTEGER NOT NULL,   -- who shall be primary has been seen as one: a replica in its place was elected by the engine
  slots_wanted TEXT,               -- while slots move: those it shall hold in the end
  leaving      INTEGER NOT NULL,   -- it goes once it is empty
  PRIMARY KEY (region, rg_id, id)
) WITHOUT ROWID;

-- What a node of such a group has besides its row in node. Slots are ranges, "0-5461 6000".
CREATE TABLE shard_node (
  region         TEXT NOT NULL,
  id             TEXT NOT NULL,
  name           TEXT NOT NULL,      -- the engine's own id of it: 40 hexadecimal digits
  seen_state     TEXT NOT NULL,      -- of the cluster, as this node sees it: ok, fail, or nothing
  seen_slots     TEXT NOT NULL,      -- those it serves as a master
  seen_known     INTEGER NOT NULL,   -- how many of the group's nodes it knows, itself included
  seen_strangers INTEGER NOT NULL,   -- how many others
  seen_epoch     INTEGER NOT NULL,
  seen_agrees    INTEGER NOT NULL,   -- its view of who holds which slot is the group's
  PRIMARY KEY (region, id)
) WITHOUT ROWID;

-- Slots are on their way to other shards.
CREATE TABLE resharding (
  region        TEXT NOT NULL,
  rg_id         TEXT NOT NULL,
  shards_before INTEGER NOT NULL,
  shards_after  INTEGER NOT NULL,
  slots         INTEGER NOT NULL,   -- how many had to move when it began
  PRIMARY KEY (region, rg_id)
) WITHOUT ROWID;
