-- Rows of other accounts than 000000000000 get keys of their own: the account, '~' and the id (src/catalog/account_key.h). What names
-- a row goes on naming that one.

-- Files below a region's folder that have the names of keys: serve gives them their new names before anything uses them. Data in a dump are
-- named here, too.
CREATE TABLE moved_file (
  region TEXT NOT NULL,
  was    TEXT NOT NULL,
  name   TEXT NOT NULL,
  PRIMARY KEY (region, was)
) WITHOUT ROWID;

CREATE TEMP TABLE moved (
  kind   TEXT NOT NULL,
  region TEXT NOT NULL,
  was    TEXT NOT NULL,
  name   TEXT NOT NULL,
  PRIMARY KEY (kind, region, was)
) WITHOUT ROWID;
INSERT INTO moved
  SELECT 'replication-group', region, id, account || '~' || id FROM replication_group WHERE account <> '000000000000' UNION ALL
  SELECT 'cache-cluster', region, id, account || '~' || id FROM cache_cluster WHERE account <> '000000000000' UNION ALL
  SELECT 'cache-parameter-group', region, name, account || '~' || name FROM parameter_group WHERE account <> '000000000000' UNION ALL
  SELECT 'cache-subnet-group', region, name, account || '~' || name FROM subnet_group WHERE account <> '000000000000' UNION ALL
  SELECT 'snapshot', region, name, account || '~' || name FROM snapshot WHERE account <> '000000000000' AND source <> 'dump' UNION ALL
  SELECT 'serverless-cache', region, name, account || '~' || name FROM serverless_cache WHERE account <> '000000000000' UNION ALL
  SELECT 'serverless-cache-snapshot', region, substr(name, 3), account || '~' || substr(name, 3) FROM snapshot WHERE account <> '000000000000' AND name LIKE '0-%' UNION ALL
  SELECT 'user', region, id, account || '~' || id FROM user WHERE account <> '000000000000' UNION ALL
  SELECT 'user-group', region, id, account || '~' || id FROM user_group WHERE account <> '000000000000' UNION ALL
  SELECT 'global', '', id, account || '~' || id FROM global_replication_group WHERE account <> '000000000000' UNION ALL
  SELECT 'node', n.region, n.id, c.account || '~' || n.id FROM node n JOIN cache_cluster c ON c.region = n.region AND c.id = n.cluster_id WHERE c.account <> '000000000000';

INSERT INTO moved_file
  SELECT region, was, name FROM moved WHERE kind = 'node' UNION ALL
  SELECT region, 'rg.' || was, 'rg.' || name FROM moved WHERE kind = 'replication-group' UNION ALL
  SELECT region, 'cluster.' || was, 'cluster.' || name FROM moved WHERE kind = 'cache-cluster' UNION ALL
  SELECT p.region, 'Snapshots/' || p.snapshot || '.' || p.node_group_id || '.rdb', 'Snapshots/' || m.name || '.' || p.node_group_id || '.rdb'
    FROM snapshot_part p JOIN moved m ON m.kind = 'snapshot' AND m.region = p.region AND m.was = p.snapshot;

-- What names rows. The names in 'moved' are looked up as they were.
UPDATE cache_cluster AS t SET
  parameters_in_force = coalesce((SELECT name || substr(parameters_in_force, length(was) + 1) FROM moved WHERE kind = 'cache-parameter-group' AND region = t.region AND was = substr(parameters_in_force, 1, instr(parameters_in_force, char(10)) - 1)), parameters_in_force),
  rg_id = coalesce((SELECT name FROM moved WHERE kind = 'replication-group' AND region = t.region AND was = t.rg_id), rg_id),
  parameter_group = coalesce((SELECT name FROM moved WHERE kind = 'cache-parameter-group' AND region = t.region AND was = t.parameter_group), parameter_group),
  pending_parameter_group = coalesce((SELECT name FROM moved WHERE kind = 'cache-parameter-group' AND region = t.region AND was = t.pending_parameter_group), pending_parameter_group),
  subnet_group = CASE WHEN subnet_group = 'default' AND account <> '000000000000' THEN account || '~default' ELSE coalesce((SELECT name FROM moved WHERE kind = 'cache-subnet-group' AND region = t.region AND was = t.subnet_group), subnet_group) END,
  id = coalesce((SELECT name FROM moved WHERE kind = 'cache-cluster' AND region = t.region AND was = t.id), id);
UPDATE replication_group AS t SET
  parameter_group = coalesce((SELECT name FROM moved WHERE kind = 'cache-parameter-group' AND region = t.region AND was = t.parameter_group), parameter_group),
  subnet_group = CASE WHEN subnet_group = 'default' AND account <> '000000000000' THEN account || '~default' ELSE coalesce((SELECT name FROM moved WHERE kind = 'cache-subnet-group' AND region = t.region AND was = t.subnet_group), subnet_group) END,
  snapshotting_cluster_id = coalesce((SELECT name FROM moved WHERE kind = 'cache-cluster' AND region = t.region AND was = t.snapshotting_cluster_id), snapshotting_cluster_id),
  id = coalesce((SELECT name FROM moved WHERE kind = 'replication-group' AND region = t.region AND was = t.id), id);
UPDATE encryption AS t SET rg_id = (SELECT name FROM moved WHERE kind = 'replication-group' AND region = t.region AND was = t.rg_id)
  WHERE EXISTS (SELECT 1 FROM moved WHERE kind = 'replication-group' AND region = t.region AND was = t.rg_id);
UPDATE endpoint AS t SET (id, rg_id) = (SELECT t.kind || '.' || name || substr(t.id, length(t.kind) + length(was) + 2), name FROM moved WHERE kind = 'replication-group' AND region = t.region AND was = t.rg_id)
  WHERE EXISTS (SELECT 1 FROM moved WHERE kind = 'replication-group' AND region = t.region AND was = t.rg_id);
UPDATE endpoint AS t SET (id, cluster_id) = (SELECT t.kind || '.' || name || substr(t.id, length(t.kind) + length(was) + 2), name FROM moved WHERE kind = 'cache-cluster' AND region = t.region AND was = t.cluster_id)
  WHERE EXISTS (SELECT 1 FROM moved WHERE kind = 'cache-cluster' AND region = t.region AND was = t.cluster_id);
UPDATE event AS t SET source_id = coalesce((SELECT name FROM moved WHERE kind = t.source_type AND region = t.region AND was = t.source_id), source_id);
UPDATE global_member AS t SET
  global_id = coalesce((SELECT name FROM moved WHERE kind = 'global' AND region = '' AND was = t.global_id), global_id),
  rg_id = coalesce((SELECT name FROM moved WHERE kind = 'replication-group' AND region = t.region AND was = t.rg_id), rg_id);
UPDATE global_replication_group SET id = account || '~' || id WHERE account <> '000000000000';
UPDATE node AS t SET
  cluster_id = coalesce((SELECT name FROM moved WHERE kind = 'cache-cluster' AND region = t.region AND was = t.cluster_id), cluster_id),
  rg_id = coalesce((SELECT name FROM moved WHERE kind = 'replication-group' AND region = t.region AND was = t.rg_id), rg_id),
  id = coalesce((SELECT name FROM moved WHERE kind = 'node' AND region = t.region AND was = t.id), id);
UPDATE node_group AS t SET
  primary_node_id = coalesce((SELECT name FROM moved WHERE kind = 'node' AND region = t.region AND was = t.primary_node_id), primary_node_id),
  switch_node_id = coalesce((SELECT name FROM moved WHERE kind = 'node' AND region = t.region AND was = t.switch_node_id), switch_node_id),
  failed_node_id = coalesce((SELECT name FROM moved WHERE kind = 'node' AND region = t.region AND was = t.failed_node_id), failed_node_id),
  rg_id = coalesce((SELECT name FROM moved WHERE kind = 'replication-group' AND region = t.region AND was = t.rg_id), rg_id);
UPDATE parameter AS t SET group_name = coalesce((SELECT name FROM moved WHERE kind = 'cache-parameter-group' AND region = t.region AND was = t.group_name), group_name);
UPDATE parameter_group SET name = account || '~' || name WHERE account <> '000000000000';
UPDATE reserved_node SET id = account || '~' || id WHERE account <> '000000000000';
UPDATE resharding AS t SET rg_id = coalesce((SELECT name FROM moved WHERE kind = 'replication-group' AND region = t.region AND was = t.rg_id), rg_id);
UPDATE rg_user_group AS t SET
  group_id = coalesce((SELECT name FROM moved WHERE kind = 'user-group' AND region = t.region AND was = t.group_id), group_id),
  rg_id = coalesce((SELECT name FROM moved WHERE kind = 'replication-group' AND region = t.region AND was = t.rg_id), rg_id);
UPDATE seed AS t SET
  source_id = coalesce((SELECT substr(t.source_id, 1, instr(t.source_id, '.')) || name FROM moved WHERE kind = CASE WHEN t.source_id LIKE 'rg.%' THEN 'replication-group' ELSE 'cache-cluster' END AND region = t.region AND was = substr(t.source_id, instr(t.source_id, '.') + 1)), source_id),
  node_id = coalesce((SELECT name FROM moved WHERE kind = 'node' AND region = t.region AND was = t.node_id), node_id);
UPDATE seed_file AS t SET
  file = coalesce((SELECT name || substr(t.file, length(was) + 1) FROM moved WHERE kind = 'snapshot' AND region = t.region AND was = t.snapshot), file),
  snapshot = coalesce((SELECT name FROM moved WHERE kind = 'snapshot' AND region = t.region AND was = t.snapshot), snapshot),
  source_id = coalesce((SELECT substr(t.source_id, 1, instr(t.source_id, '.')) || name FROM moved WHERE kind = CASE WHEN t.source_id LIKE 'rg.%' THEN 'replication-group' ELSE 'cache-cluster' END AND region = t.region AND was = substr(t.source_id, instr(t.source_id, '.') + 1)), source_id);
UPDATE serverless_cache AS t SET
  rg_id = coalesce((SELECT name FROM moved WHERE kind = 'replication-group' AND region = t.region AND was = t.rg_id), rg_id),
  cluster_id = coalesce((SELECT name FROM moved WHERE kind = 'cache-cluster' AND region = t.region AND was = t.cluster_id), cluster_id),
  name = coalesce((SELECT name FROM moved WHERE kind = 'serverless-cache' AND region = t.region AND was = t.name), name);
UPDATE shard AS t SET rg_id = coalesce((SELECT name FROM moved WHERE kind = 'replication-group' AND region = t.region AND was = t.rg_id), rg_id);
UPDATE shard_node AS t SET id = coalesce((SELECT name FROM moved WHERE kind = 'node' AND region = t.region AND was = t.id), id);
-- The sources of a snapshot may be gone.
UPDATE snapshot_part AS t SET (cluster_id, node_id, snapshot) = (SELECT s.account || '~' || t.cluster_id, s.account || '~' || t.node_id, s.account || '~' || t.snapshot FROM snapshot s WHERE s.region = t.region AND s.name = t.snapshot)
  WHERE EXISTS (SELECT 1 FROM moved WHERE kind = 'snapshot' AND region = t.region AND was = t.snapshot);
UPDATE snapshot SET
  copied_from = account || '~' || copied_from,
  cluster_id = account || '~' || cluster_id,
  rg_id = account || '~' || rg_id,
  parameter_group = CASE WHEN parameter_group LIKE 'default.%' THEN parameter_group ELSE account || '~' || parameter_group END,
  subnet_group = account || '~' || subnet_group,
  name = account || '~' || name
  WHERE account <> '000000000000' AND source <> 'dump';
UPDATE snapshot_schedule AS t SET source_id = coalesce((SELECT substr(t.source_id, 1, instr(t.source_id, '.')) || name FROM moved WHERE kind = CASE WHEN t.source_id LIKE 'rg.%' THEN 'replication-group' ELSE 'cache-cluster' END AND region = t.region AND was = substr(t.source_id, instr(t.source_id, '.') + 1)), source_id);
UPDATE snapshot_taken AS t SET node_id = coalesce((SELECT name FROM moved WHERE kind = 'node' AND region = t.region AND was = t.node_id), node_id);
UPDATE subnet AS t SET group_name = coalesce((SELECT name FROM moved WHERE kind = 'cache-subnet-group' AND region = t.region AND was = t.group_name), group_name);
UPDATE subnet_group SET name = account || '~' || name WHERE account <> '000000000000';
UPDATE test_failover AS t SET rg_id = coalesce((SELECT name FROM moved WHERE kind = 'replication-group' AND region = t.region AND was = t.rg_id), rg_id);
UPDATE user_group_member AS t SET
  user_id = coalesce((SELECT name FROM moved WHERE kind = 'user' AND region = t.region AND was = t.user_id), user_id),
  group_id = coalesce((SELECT name FROM moved WHERE kind = 'user-group' AND region = t.region AND was = t.group_id), group_id);
UPDATE user SET id = account || '~' || id WHERE account <> '000000000000';
UPDATE user_group SET id = account || '~' || id WHERE account <> '000000000000';
DROP TABLE moved;
