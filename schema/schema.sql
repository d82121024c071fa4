-- Generated from migrations/; do not edit.
CREATE TABLE cache_cluster (
  region                     TEXT NOT NULL,
  id                         TEXT NOT NULL,
  account                    TEXT NOT NULL,
  rg_id                      TEXT,
  node_group_id              TEXT,
  status                     TEXT NOT NULL,
  engine                     TEXT NOT NULL,
  engine_version             TEXT NOT NULL,
  node_type                  TEXT NOT NULL,
  num_nodes                  INTEGER NOT NULL,
  parameter_group            TEXT NOT NULL,
  subnet_group               TEXT NOT NULL,
  port                       INTEGER NOT NULL,
  availability_zone          TEXT NOT NULL,
  at_rest_encryption         INTEGER NOT NULL,
  auto_minor_version_upgrade INTEGER NOT NULL,
  snapshot_retention_limit   INTEGER NOT NULL,
  snapshot_window            TEXT NOT NULL,
  maintenance_window         TEXT NOT NULL,
  notification_topic_arn     TEXT,
  security_group_ids         TEXT NOT NULL,
  network_type               TEXT NOT NULL,
  ip_discovery               TEXT NOT NULL,
  created_ms                 INTEGER NOT NULL,
  parameter_apply_status     TEXT NOT NULL,
  nodes_to_reboot            TEXT NOT NULL,
  parameters_in_force        TEXT,              -- GROUP and a line NAME=VALUE for each that a user set; NULL: it is new
  next_node                  INTEGER NOT NULL,            -- the number the next node gets
  az_mode                    TEXT,
  config_version             INTEGER NOT NULL,       -- memcached: of the list of nodes
  pending_node_type          TEXT,                -- to be applied in the maintenance window
  pending_engine             TEXT,
  pending_engine_version     TEXT,
  pending_parameter_group    TEXT,
  pending_num_nodes          INTEGER NOT NULL,
  pending_nodes_to_remove    TEXT NOT NULL,
  pending_zones              TEXT NOT NULL,           -- of the nodes to be added
  pending_since_ms           INTEGER NOT NULL,     -- 0: what is pending need not wait for the window
  config_nodes               TEXT NOT NULL,            -- memcached: the nodes that config_version tells of
  notification_topic_status  TEXT NOT NULL, weighing_ms INTEGER NOT NULL DEFAULT 0, unserved_since_ms INTEGER NOT NULL DEFAULT 0, transit_encryption TEXT NOT NULL DEFAULT 'none', slow_log TEXT, slow_log_status TEXT, engine_log TEXT, engine_log_status TEXT, update_name TEXT, update_stage TEXT, update_changed_ms INTEGER NOT NULL DEFAULT 0, updates_done TEXT, memory_limit INTEGER NOT NULL DEFAULT 0, durability TEXT NOT NULL DEFAULT 'default',
  PRIMARY KEY (region, id)
) WITHOUT ROWID;
CREATE TABLE encryption (
  region            TEXT NOT NULL,
  rg_id             TEXT NOT NULL,
  token             TEXT,              -- the latest
  old_token         TEXT,              -- the one before, as long as it is accepted too
  token_change      TEXT,              -- SETTING or ROTATING, until the engines have it
  token_modified_ms INTEGER NOT NULL, next_mode TEXT,  -- 0: never
  PRIMARY KEY (region, rg_id)
) WITHOUT ROWID;
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
  seen_reason   TEXT, no_address TEXT, seen_way TEXT, seen_address TEXT, seen_port INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (region, id)
) WITHOUT ROWID;
CREATE TABLE event (
  seq         INTEGER PRIMARY KEY,
  region      TEXT NOT NULL,
  at_ms       INTEGER NOT NULL,
  source_type TEXT NOT NULL,
  source_id   TEXT NOT NULL,
  message     TEXT NOT NULL
);
CREATE TABLE experiment (
  id TEXT NOT NULL PRIMARY KEY,
  template_id TEXT NOT NULL,
  region TEXT NOT NULL,
  account TEXT NOT NULL,
  body TEXT NOT NULL, -- the template's, with the tags of StartExperiment
  created_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL, -- when its last action ends, by the wall clock
  ended_ms INTEGER NOT NULL, -- when it was stopped, or has failed; 0: neither
  failure TEXT -- why it has failed
) WITHOUT ROWID;
CREATE TABLE experiment_template (
  id TEXT NOT NULL PRIMARY KEY,
  region TEXT NOT NULL,
  account TEXT NOT NULL,
  body TEXT NOT NULL, -- of CreateExperimentTemplate
  created_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE global_member (
  global_id TEXT NOT NULL,
  region    TEXT NOT NULL,
  rg_id     TEXT NOT NULL,
  role      TEXT NOT NULL CHECK (role IN ('PRIMARY', 'SECONDARY')),
  status    TEXT NOT NULL,
  leaving   INTEGER NOT NULL,
  PRIMARY KEY (global_id, region)
) WITHOUT ROWID;
CREATE TABLE "global_replication_group" (
  id                 TEXT NOT NULL PRIMARY KEY,
  account            TEXT NOT NULL,
  description        TEXT NOT NULL,
  status             TEXT NOT NULL,
  engine             TEXT NOT NULL,
  engine_version     TEXT NOT NULL,
  node_type          TEXT NOT NULL,
  at_rest_encryption INTEGER NOT NULL,
  cluster_enabled    INTEGER NOT NULL,
  phase              TEXT NOT NULL CHECK (phase IN ('steady', 'fencing', 'promoting', 'withdrawing', 'settling', 'reviving', 'returning')),
  phase_since_ms     INTEGER NOT NULL,
  switch_region      TEXT,                 -- the region that shall become primary, or that a dead primary gets its data back from
  created_ms         INTEGER NOT NULL
, automatic_failover TEXT NOT NULL DEFAULT 'disabled', transit_encryption TEXT NOT NULL DEFAULT 'none') WITHOUT ROWID;
CREATE TABLE moved_file (
  region TEXT NOT NULL,
  was    TEXT NOT NULL,
  name   TEXT NOT NULL,
  PRIMARY KEY (region, was)
) WITHOUT ROWID;
CREATE TABLE network_link (
  from_region TEXT NOT NULL,
  to_region TEXT NOT NULL,
  latency_ms INTEGER NOT NULL, -- one way
  jitter_ms INTEGER NOT NULL,
  bandwidth_mbit INTEGER NOT NULL, -- megabits a second; 0: no limit
  state TEXT NOT NULL,
  PRIMARY KEY (from_region, to_region)
) WITHOUT ROWID;
CREATE TABLE node (
  region                TEXT NOT NULL,
  id                    TEXT NOT NULL,
  cluster_id            TEXT NOT NULL,
  node_id               TEXT NOT NULL,
  rg_id                 TEXT,
  node_group_id         TEXT,
  availability_zone     TEXT NOT NULL,
  address               TEXT,                 -- NULL until one was given
  port                  INTEGER NOT NULL,
  settled               INTEGER NOT NULL,     -- it has run under this address: the address stays
  want                  TEXT NOT NULL CHECK (want IN ('run', 'gone')),
  created_ms            INTEGER NOT NULL,
  seen_state            TEXT NOT NULL,
  seen_reason           TEXT,
  seen_role             TEXT,
  seen_upstream         TEXT,                 -- host:port it says it follows
  seen_link_up          INTEGER NOT NULL,
  seen_offset           INTEGER NOT NULL,
  seen_fenced           INTEGER NOT NULL,
  seen_endpoints        TEXT NOT NULL,
  seen_engine           TEXT,                 -- version of the running binary
  seen_pid              INTEGER NOT NULL,
  seen_restarts         INTEGER NOT NULL,
  seen_started_ms       INTEGER NOT NULL,
  seen_generation       INTEGER NOT NULL,
  condemned_pid         INTEGER NOT NULL,        -- this process must not live: its agent kills it
  incarnation           INTEGER NOT NULL,          -- a process of a lower one is stopped and started anew
  keep_data             INTEGER NOT NULL,            -- whether it is restarted with its data
  status                TEXT NOT NULL,                  -- creating, available, rebooting or deleting
  seen_incarnation      INTEGER NOT NULL,
  seen_pending_settings TEXT,            -- those that take a restart
  seen_refused_settings TEXT,            -- those that its engine does not take
  seen_since_ms         INTEGER NOT NULL, seen_encryption TEXT, seen_users_generation INTEGER NOT NULL DEFAULT 0, seen_asked TEXT, seen_binary TEXT, seen_engine_name TEXT, seen_weighed INTEGER NOT NULL DEFAULT 0, seen_used INTEGER NOT NULL DEFAULT 0, seen_data INTEGER NOT NULL DEFAULT 0, unserved_since_ms INTEGER NOT NULL DEFAULT 0, seen_unsaved_ms INTEGER NOT NULL DEFAULT 0, seen_blocked TEXT, blocked_since_ms INTEGER NOT NULL DEFAULT 0, blocked_told INTEGER NOT NULL DEFAULT 0, condemned_started_ms INTEGER NOT NULL DEFAULT 0, promote_pid INTEGER NOT NULL DEFAULT 0, promote_started_ms INTEGER NOT NULL DEFAULT 0, seen_branch_offset INTEGER NOT NULL DEFAULT 0, seen_rising INTEGER NOT NULL DEFAULT 0, seen_left_out INTEGER NOT NULL DEFAULT 0, recovering INTEGER NOT NULL DEFAULT 0, no_address TEXT, seen_loads INTEGER NOT NULL DEFAULT 0, seen_links_encrypted INTEGER NOT NULL DEFAULT 0, seen_unable TEXT, release TEXT, seen_address TEXT, seen_port INTEGER NOT NULL DEFAULT 0, seen_logs_generation INTEGER NOT NULL DEFAULT 0, updated_for TEXT, updated_ms INTEGER NOT NULL DEFAULT 0, seen_counted_from INTEGER NOT NULL DEFAULT 0, seen_counted INTEGER NOT NULL DEFAULT -1,        -- when seen_state became what it is
  PRIMARY KEY (region, id)
) WITHOUT ROWID;
CREATE TABLE node_group (
  region          TEXT NOT NULL,
  rg_id           TEXT NOT NULL,
  id              TEXT NOT NULL,
  status          TEXT NOT NULL,
  slots           TEXT,
  primary_node_id TEXT NOT NULL,       -- the node that shall be the primary
  switch_node_id  TEXT,                   -- the node that shall become primary, in good order
  switch_offset   INTEGER NOT NULL,
  switch_since_ms INTEGER NOT NULL,
  failed_node_id  TEXT, unserved_since_ms INTEGER NOT NULL DEFAULT 0, rise_offset INTEGER NOT NULL DEFAULT -1, fork_offset INTEGER NOT NULL DEFAULT 0, reviving INTEGER NOT NULL DEFAULT 0,                   -- the former primary, until it has recovered
  PRIMARY KEY (region, rg_id, id)
) WITHOUT ROWID;
CREATE TABLE outage (
  region TEXT NOT NULL,
  zone TEXT NOT NULL, -- '' for the whole region
  state TEXT NOT NULL,
  PRIMARY KEY (region, zone)
) WITHOUT ROWID;
CREATE TABLE parameter (
  region     TEXT NOT NULL,
  group_name TEXT NOT NULL,
  name       TEXT NOT NULL,
  value      TEXT NOT NULL,
  PRIMARY KEY (region, group_name, name)
) WITHOUT ROWID;
CREATE TABLE parameter_group (
  region      TEXT NOT NULL,
  name        TEXT NOT NULL,
  account     TEXT NOT NULL,
  family      TEXT NOT NULL,
  description TEXT NOT NULL,
  is_global   INTEGER NOT NULL,
  PRIMARY KEY (region, name)
) WITHOUT ROWID;
CREATE TABLE region (
  name      TEXT NOT NULL PRIMARY KEY,
  next_host INTEGER NOT NULL          -- where the search for a free address (or port) goes on
);
CREATE TABLE replication_group (
  region                     TEXT NOT NULL,
  id                         TEXT NOT NULL,
  account                    TEXT NOT NULL,
  description                TEXT NOT NULL,
  status                     TEXT NOT NULL,
  engine                     TEXT NOT NULL,
  engine_version             TEXT NOT NULL,      -- x.y.z
  node_type                  TEXT NOT NULL,
  parameter_group            TEXT NOT NULL,
  subnet_group               TEXT NOT NULL,
  port                       INTEGER NOT NULL,   -- the one asked for
  multi_az                   INTEGER NOT NULL,
  cluster_mode               TEXT NOT NULL,
  at_rest_encryption         INTEGER NOT NULL,
  kms_key_id                 TEXT,
  auto_minor_version_upgrade INTEGER NOT NULL,
  snapshot_retention_limit   INTEGER NOT NULL,
  snapshot_window            TEXT NOT NULL,
  snapshotting_cluster_id    TEXT,
  maintenance_window         TEXT NOT NULL,
  notification_topic_arn     TEXT,
  security_group_ids         TEXT NOT NULL,
  network_type               TEXT NOT NULL,
  ip_discovery               TEXT NOT NULL,
  next_member                INTEGER NOT NULL,   -- the number the next member cluster gets
  created_ms                 INTEGER NOT NULL, weighing_ms INTEGER NOT NULL DEFAULT 0, unserved_since_ms INTEGER NOT NULL DEFAULT 0, automatic_failover TEXT NOT NULL DEFAULT 'disabled', transit_encryption TEXT NOT NULL DEFAULT 'none', replicas_change TEXT NOT NULL DEFAULT '', notification_topic_status TEXT NOT NULL DEFAULT 'active', pending_failover TEXT NOT NULL DEFAULT '', pending_due INTEGER NOT NULL DEFAULT 0, slow_log TEXT, slow_log_status TEXT, engine_log TEXT, engine_log_status TEXT, update_name TEXT, update_stage TEXT, update_changed_ms INTEGER NOT NULL DEFAULT 0, updates_done TEXT, mode_before TEXT NOT NULL DEFAULT '', durability TEXT NOT NULL DEFAULT 'default',
  PRIMARY KEY (region, id)
) WITHOUT ROWID;
CREATE TABLE reserved_node (
  region       TEXT NOT NULL,
  id           TEXT NOT NULL,
  account      TEXT NOT NULL,
  offering_id  TEXT NOT NULL,
  nodes        INTEGER NOT NULL,
  start_ms     INTEGER NOT NULL,
  PRIMARY KEY (region, id)
) WITHOUT ROWID;
CREATE TABLE resharding (
  region        TEXT NOT NULL,
  rg_id         TEXT NOT NULL,
  shards_before INTEGER NOT NULL,
  shards_after  INTEGER NOT NULL,
  slots         INTEGER NOT NULL, given_up TEXT, seen_stuck TEXT, seen_stuck_back INTEGER NOT NULL DEFAULT 0, told TEXT, at_rest INTEGER NOT NULL DEFAULT 0,   -- how many had to move when it began
  PRIMARY KEY (region, rg_id)
) WITHOUT ROWID;
CREATE TABLE rg_user_group (
  region   TEXT NOT NULL,
  rg_id    TEXT NOT NULL,
  group_id TEXT NOT NULL,
  change   TEXT NOT NULL CHECK (change IN ('', 'add', 'remove')),
  PRIMARY KEY (region, rg_id, group_id)
) WITHOUT ROWID;
CREATE TABLE seed (
  region       TEXT NOT NULL,
  node_id      TEXT NOT NULL,
  source_id    TEXT NOT NULL,
  seen_refused TEXT,             -- why it can't be used
  PRIMARY KEY (region, node_id)
) WITHOUT ROWID;
CREATE TABLE seed_file (
  region    TEXT NOT NULL,
  source_id TEXT NOT NULL,       -- rg.ID or cluster.ID: whose they are
  seq       INTEGER NOT NULL,
  snapshot  TEXT,
  file      TEXT,                -- the part's id
  root      TEXT,
  path      TEXT,
  PRIMARY KEY (region, source_id, seq)
) WITHOUT ROWID;
CREATE TABLE serverless_cache (
  region      TEXT NOT NULL,
  name        TEXT NOT NULL,
  rg_id       TEXT,             -- the replication group beneath; NULL for memcached,
  cluster_id  TEXT,             -- which has a cache cluster there
  account     TEXT NOT NULL,
  description TEXT,
  storage_max INTEGER NOT NULL, -- GB; 0: none, as in the three that follow
  storage_min INTEGER NOT NULL,
  ecpu_max    INTEGER NOT NULL, -- a second
  ecpu_min    INTEGER NOT NULL,
  subnet_ids  TEXT NOT NULL,
  PRIMARY KEY (region, name)
) WITHOUT ROWID;
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
CREATE TABLE shard_node (
  region         TEXT NOT NULL,
  id             TEXT NOT NULL,
  name           TEXT NOT NULL,      -- the engine's own id of it: 40 hexadecimal digits
  seen_state     TEXT NOT NULL,      -- of the cluster, as this node sees it: ok, fail, or nothing
  seen_slots     TEXT NOT NULL,      -- those it serves as a master
  seen_known     INTEGER NOT NULL,   -- how many of the group's nodes it knows, itself included
  seen_strangers INTEGER NOT NULL,   -- how many others
  seen_epoch     INTEGER NOT NULL,
  seen_agrees    INTEGER NOT NULL, seen_moving INTEGER NOT NULL DEFAULT 0,   -- its view of who holds which slot is the group's
  PRIMARY KEY (region, id)
) WITHOUT ROWID;
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
  kms_key_id                 TEXT, automatic_failover TEXT NOT NULL DEFAULT 'disabled', exports INTEGER NOT NULL DEFAULT 0, durability TEXT NOT NULL DEFAULT 'disabled',
  PRIMARY KEY (region, name)
) WITHOUT ROWID;
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
  seen_export_reason TEXT, started_ms INTEGER NOT NULL DEFAULT 0, seen_export INTEGER NOT NULL DEFAULT 0,              -- why it can't be
  PRIMARY KEY (region, snapshot, node_group_id)
) WITHOUT ROWID;
CREATE TABLE snapshot_schedule (
  region    TEXT NOT NULL,
  source_id TEXT NOT NULL,       -- rg.ID or cluster.ID
  ran_ms    INTEGER NOT NULL,
  PRIMARY KEY (region, source_id)
) WITHOUT ROWID;
CREATE TABLE snapshot_taken (
  seq     INTEGER PRIMARY KEY,
  region  TEXT NOT NULL,
  node_id TEXT NOT NULL,
  at_ms   INTEGER NOT NULL
);
CREATE TABLE steady_clock (
  id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  boot       TEXT NOT NULL,     -- of the system, in which
  offset_ms  INTEGER NOT NULL,  -- it was so much ahead of CLOCK_MONOTONIC
  reached_ms INTEGER NOT NULL   -- how far it had got when something was last written
) WITHOUT ROWID;
CREATE TABLE subnet (
  region     TEXT NOT NULL,
  group_name TEXT NOT NULL,
  id         TEXT NOT NULL,
  zone       TEXT NOT NULL,
  PRIMARY KEY (region, group_name, id)
) WITHOUT ROWID;
CREATE TABLE subnet_group (
  region      TEXT NOT NULL,
  name        TEXT NOT NULL,
  account     TEXT NOT NULL,
  description TEXT NOT NULL,
  vpc_id      TEXT NOT NULL,
  PRIMARY KEY (region, name)
) WITHOUT ROWID;
CREATE TABLE tag (
  arn   TEXT NOT NULL,
  key   TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (arn, key)
) WITHOUT ROWID;
CREATE TABLE test_failover (
  seq           INTEGER PRIMARY KEY,
  region        TEXT NOT NULL,
  rg_id         TEXT NOT NULL,
  node_group_id TEXT NOT NULL,
  at_ms         INTEGER NOT NULL
);
CREATE TABLE traced (
  id TEXT NOT NULL PRIMARY KEY -- of a resource, that need not be there
) WITHOUT ROWID;
CREATE TABLE user (
  region         TEXT NOT NULL,
  id             TEXT NOT NULL,
  account        TEXT NOT NULL,
  name           TEXT NOT NULL,
  engine         TEXT NOT NULL,
  status         TEXT NOT NULL,
  access_string  TEXT NOT NULL,   -- as the API shows it
  authentication TEXT NOT NULL,   -- password, no-password or iam
  passwords      TEXT NOT NULL,   -- their SHA-256 in hex, in the order they were given
  PRIMARY KEY (region, id)
) WITHOUT ROWID;
CREATE TABLE user_group (
  region  TEXT NOT NULL,
  id      TEXT NOT NULL,
  account TEXT NOT NULL,
  engine  TEXT NOT NULL,
  status  TEXT NOT NULL,
  PRIMARY KEY (region, id)
) WITHOUT ROWID;
CREATE TABLE user_group_member (
  region   TEXT NOT NULL,
  group_id TEXT NOT NULL,
  user_id  TEXT NOT NULL,
  change   TEXT NOT NULL CHECK (change IN ('', 'add', 'remove')),
  PRIMARY KEY (region, group_id, user_id)
) WITHOUT ROWID;
CREATE INDEX cache_cluster_by_group ON cache_cluster (region, rg_id, id);
CREATE INDEX cache_cluster_by_parameter_group ON cache_cluster (region, parameter_group, id) WHERE substr(parameter_group, 1, 8) <> 'default.';
CREATE INDEX cache_cluster_by_pending_parameter_group ON cache_cluster (region, pending_parameter_group) WHERE pending_parameter_group IS NOT NULL;
CREATE INDEX cache_cluster_by_subnet_group ON cache_cluster (region, subnet_group) WHERE subnet_group <> 'default';
CREATE INDEX endpoint_by_cluster ON endpoint (region, cluster_id);
CREATE INDEX endpoint_by_group ON endpoint (region, rg_id, id);
CREATE INDEX event_by_source ON event (region, source_id, at_ms);
CREATE INDEX event_by_time ON event (region, at_ms);
CREATE INDEX event_by_type ON event (region, source_type, at_ms);
CREATE INDEX experiment_by_token ON experiment (region, account, json_extract(body, '$.clientToken'), created_ms, id);
CREATE INDEX experiment_template_by_token ON experiment_template (region, account, json_extract(body, '$.clientToken'), created_ms, id);
CREATE UNIQUE INDEX global_member_by_group ON global_member (region, rg_id);
CREATE INDEX node_by_cluster ON node (region, cluster_id, id);
CREATE INDEX node_by_group ON node (region, rg_id, id);
CREATE INDEX replication_group_by_parameter_group ON replication_group (region, parameter_group) WHERE substr(parameter_group, 1, 8) <> 'default.';
CREATE INDEX rg_user_group_by_group ON rg_user_group (region, group_id, rg_id);
CREATE INDEX snapshot_being_copied ON snapshot (region, copied_from) WHERE status = 'creating' AND copied_from IS NOT NULL;
CREATE INDEX snapshot_taken_by_node ON snapshot_taken (region, node_id, at_ms);
CREATE INDEX snapshot_taken_by_time ON snapshot_taken (at_ms);
CREATE INDEX test_failover_by_time ON test_failover (region, at_ms);
CREATE INDEX user_group_member_by_user ON user_group_member (region, user_id, group_id);
