-- Snapshots, and groups restored from them.

-- What a snapshot was taken of, as it was then. 'cluster_id' and 'rg_id' name the source, which may be gone.
CREATE TABLE snapshot (
  region                     TEXT NOT NULL,
  name                       TEXT NOT NULL,
  account                    TEXT NOT NULL,
  status                     TEXT NOT NULL,     -- creating, available, restoring, exporting, deleting or failed
  source                     TEXT NOT NULL,     -- manual or automated
  created_ms                 INTEGER NOT NULL,
  final                      INTEGER NOT NULL,  -- the source is deleted once it is taken
  copied_from                TEXT,              -- the snapshot that it is a copy of
  export_root                TEXT,              -- while it is exported: the folder of all buckets,
  export_bucket              TEXT,
  export_name                TEXT,              -- and what its objects' keys begin with
  cluster_id                 TEXT,              -- NULL for one of a group with cluster mode enabled
  rg_id                      TEXT,
  rg_description             TEXT,
  cluster_mode               TEXT NOT NULL,
  engine                     TEXT NOT NULL,
  engine_version             TEXT NOT NULL,
  node_type                  TEXT NOT NULL,
  num_nodes                  INTEGER NOT NULL,
  availability_zone          TEXT,
  source_created_ms          INTEGER NOT NULL,
  port                       INTEGER NOT NULL,
  parameter_group            TEXT NOT NULL,
  subnet_group               TEXT NOT NULL,
  maintenance_window         TEXT NOT NULL,
  notification_topic_arn     TEXT,
  auto_minor_version_upgrade INTEGER NOT NULL,
  retention_limit            INTEGER NOT NULL,
  window                     TEXT NOT NULL,
  automatic_failover         INTEGER NOT NULL,
  kms_key_id                 TEXT,
  PRIMARY KEY (region, name)
) WITHOUT ROWID;

-- The data of one node group: one file each, whose id is SNAPSHOT.NODEGROUP.
CREATE TABLE snapshot_part (
  region             TEXT NOT NULL,
  snapshot           TEXT NOT NULL,
  node_group_id      TEXT NOT NULL,
  cluster_id         TEXT NOT NULL,
  node_id            TEXT NOT NULL,     -- the node that it is taken of
  cache_node_id      TEXT NOT NULL,
  node_created_ms    INTEGER NOT NULL,
  slots              TEXT,
  replicas           INTEGER NOT NULL,
  zones              TEXT NOT NULL,     -- of the node group's members, the primary first
  pid                INTEGER NOT NULL,  -- the process whose data it is to have
  restarts           INTEGER NOT NULL,  -- that node's, then
  seen_state         TEXT NOT NULL,
  seen_reason        TEXT,
  seen_size          INTEGER NOT NULL,  -- bytes
  seen_ms            INTEGER NOT NULL,  -- when the file was whole
  seen_exported      TEXT,              -- where it has been exported to, below export_root
  seen_export_reason TEXT,              -- why it can't be
  PRIMARY KEY (region, snapshot, node_group_id)
) WITHOUT ROWID;

-- What a primary that does not exist yet is to begin with: a part of a snapshot, or a file of somebody else's below 'root'.
CREATE TABLE seed (
  region       TEXT NOT NULL,
  node_id      TEXT NOT NULL,
  snapshot     TEXT,
  file         TEXT,             -- the part's id
  root         TEXT,
  path         TEXT,
  seen_refused TEXT,             -- why it can't be used
  PRIMARY KEY (region, node_id)
) WITHOUT ROWID;

-- When the last automatic snapshot of a group or stand-alone cluster was begun.
CREATE TABLE snapshot_schedule (
  region    TEXT NOT NULL,
  source_id TEXT NOT NULL,       -- rg.ID or cluster.ID
  ran_ms    INTEGER NOT NULL,
  PRIMARY KEY (region, source_id)
) WITHOUT ROWID;

-- Manual snapshots are limited per node and rolling day.
CREATE TABLE snapshot_taken (
  seq     INTEGER PRIMARY KEY,
  region  TEXT NOT NULL,
  node_id TEXT NOT NULL,
  at_ms   INTEGER NOT NULL
);
