-- A region that was out of reach while another became primary may have taken writes of its own since.
ALTER TABLE global_member ADD COLUMN fork_offset INTEGER NOT NULL DEFAULT 0; -- the first one that the new primary has of its own; -1: not known yet; 0: none has
ALTER TABLE node ADD COLUMN seen_branch_offset INTEGER NOT NULL DEFAULT 0;   -- a primary's: the first one after its last upstream's history; 0: none
ALTER TABLE node ADD COLUMN seen_rising INTEGER NOT NULL DEFAULT 0;          -- it was told to become primary and did not answer yet
-- Another phase: withdrawing.
CREATE TABLE global_replication_group_new (
  id                 TEXT NOT NULL PRIMARY KEY,
  account            TEXT NOT NULL,
  description        TEXT NOT NULL,
  status             TEXT NOT NULL,
  engine             TEXT NOT NULL,
  engine_version     TEXT NOT NULL,
  node_type          TEXT NOT NULL,
  at_rest_encryption INTEGER NOT NULL,
  transit_encryption INTEGER NOT NULL,
  cluster_enabled    INTEGER NOT NULL,
  automatic_failover INTEGER NOT NULL,
  phase              TEXT NOT NULL CHECK (phase IN ('steady', 'fencing', 'promoting', 'withdrawing', 'settling', 'reviving', 'returning')),
  phase_since_ms     INTEGER NOT NULL,
  switch_region      TEXT,                 -- the region that shall become primary, or that a dead primary gets its data back from
  switch_offset      INTEGER NOT NULL,     -- where the fenced primary stands; -1: don't wait
  created_ms         INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO global_replication_group_new SELECT * FROM global_replication_group;
DROP TABLE global_replication_group;
ALTER TABLE global_replication_group_new RENAME TO global_replication_group;
