-- Serverless caches. What runs is a replication group of one shard and one node that only the program knows of: its id is the cache's name
-- behind a prefix that no id of a caller has (plan/serverless.h). Its rows say what they say of every replication group.
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
-- What the engine may fill, in bytes; 0: as much as the node type says.
ALTER TABLE cache_cluster ADD COLUMN memory_limit INTEGER NOT NULL DEFAULT 0;
