-- What changes to running groups need: parameters with their values, pending modifications, failovers, restarts, subnet groups.

ALTER TABLE node ADD COLUMN condemned_pid INTEGER NOT NULL DEFAULT 0;      -- this process must not live: its agent kills it
ALTER TABLE node ADD COLUMN incarnation INTEGER NOT NULL DEFAULT 1;        -- a process of a lower one is stopped and started anew
ALTER TABLE node ADD COLUMN keep_data INTEGER NOT NULL DEFAULT 1;          -- whether it is restarted with its data
ALTER TABLE node ADD COLUMN status TEXT NOT NULL DEFAULT 'available';       -- creating, available, rebooting or deleting
ALTER TABLE node ADD COLUMN seen_incarnation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE node ADD COLUMN seen_pending_settings TEXT;                    -- those that take a restart
ALTER TABLE node ADD COLUMN seen_refused_settings TEXT;                    -- those that its engine does not take
ALTER TABLE node ADD COLUMN seen_since_ms INTEGER NOT NULL DEFAULT 0;      -- when seen_state became what it is

ALTER TABLE node_group ADD COLUMN switch_node_id TEXT;                     -- the node that shall become primary, in good order
ALTER TABLE node_group ADD COLUMN switch_offset INTEGER NOT NULL DEFAULT -1;
ALTER TABLE node_group ADD COLUMN switch_since_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE node_group ADD COLUMN failed_node_id TEXT;                     -- the former primary, until it has recovered

ALTER TABLE cache_cluster ADD COLUMN parameter_apply_status TEXT NOT NULL DEFAULT 'in-sync';
ALTER TABLE cache_cluster ADD COLUMN nodes_to_reboot TEXT NOT NULL DEFAULT '';
ALTER TABLE cache_cluster ADD COLUMN parameters_in_force TEXT;             -- GROUP and a line NAME=VALUE for each that a user set; NULL: it is new
ALTER TABLE cache_cluster ADD COLUMN next_node INTEGER NOT NULL DEFAULT 1; -- the number the next node gets
ALTER TABLE cache_cluster ADD COLUMN az_mode TEXT;
ALTER TABLE cache_cluster ADD COLUMN config_version INTEGER NOT NULL DEFAULT 1; -- memcached: of the list of nodes
ALTER TABLE cache_cluster ADD COLUMN pending_node_type TEXT;               -- to be applied in the maintenance window
ALTER TABLE cache_cluster ADD COLUMN pending_engine TEXT;
ALTER TABLE cache_cluster ADD COLUMN pending_engine_version TEXT;
ALTER TABLE cache_cluster ADD COLUMN pending_parameter_group TEXT;
ALTER TABLE cache_cluster ADD COLUMN pending_num_nodes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cache_cluster ADD COLUMN pending_nodes_to_remove TEXT NOT NULL DEFAULT '';
ALTER TABLE cache_cluster ADD COLUMN pending_zones TEXT NOT NULL DEFAULT '';      -- of the nodes to be added
ALTER TABLE cache_cluster ADD COLUMN pending_since_ms INTEGER NOT NULL DEFAULT 0; -- 0: what is pending need not wait for the window
ALTER TABLE cache_cluster ADD COLUMN config_nodes TEXT NOT NULL DEFAULT '';       -- memcached: the nodes that config_version tells of
ALTER TABLE cache_cluster ADD COLUMN notification_topic_status TEXT NOT NULL DEFAULT 'active';

CREATE TABLE parameter (
  region     TEXT NOT NULL,
  group_name TEXT NOT NULL,
  name       TEXT NOT NULL,
  value      TEXT NOT NULL,
  PRIMARY KEY (region, group_name, name)
) WITHOUT ROWID;

CREATE TABLE subnet_group (
  region      TEXT NOT NULL,
  name        TEXT NOT NULL,
  account     TEXT NOT NULL,
  description TEXT NOT NULL,
  vpc_id      TEXT NOT NULL,
  PRIMARY KEY (region, name)
) WITHOUT ROWID;

CREATE TABLE subnet (
  region     TEXT NOT NULL,
  group_name TEXT NOT NULL,
  id         TEXT NOT NULL,
  zone       TEXT NOT NULL,
  PRIMARY KEY (region, group_name, id)
) WITHOUT ROWID;

-- TestFailover is limited per rolling day.
CREATE TABLE test_failover (
  seq           INTEGER PRIMARY KEY,
  region        TEXT NOT NULL,
  rg_id         TEXT NOT NULL,
  node_group_id TEXT NOT NULL,
  at_ms         INTEGER NOT NULL
);

-- The configuration endpoint of a memcached cluster belongs to no group.
DROP INDEX endpoint_by_group;
ALTER TABLE endpoint RENAME TO endpoint_of_groups;
CREATE TABLE endpoint (
  region        TEXT NOT NULL,
  id            TEXT NOT NULL,        -- KIND.GROUP.NODEGROUP or KIND.CLUSTER
  kind          TEXT NOT NULL CHECK (kind IN ('primary', 'reader', 'gateway', 'configuration')),
  rg_id         TEXT,
  node_group_id TEXT,
  cluster_id    TEXT,                 -- of a stand-alone cluster's, which has no group
  address       TEXT,
  port          INTEGER NOT NULL,
  settled       INTEGER NOT NULL,
  seen_state    TEXT NOT NULL,
  seen_reason   TEXT,
  PRIMARY KEY (region, id)
) WITHOUT ROWID;
INSERT INTO endpoint (region, id, kind, rg_id, node_group_id, address, port, settled, seen_state, seen_reason)
  SELECT region, id, kind, rg_id, node_group_id, address, port, settled, seen_state, seen_reason FROM endpoint_of_groups;
DROP TABLE endpoint_of_groups;
CREATE INDEX endpoint_by_group ON endpoint (region, rg_id, id);
CREATE INDEX endpoint_by_cluster ON endpoint (region, cluster_id);
