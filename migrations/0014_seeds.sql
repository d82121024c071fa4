-- The files that a new group or cluster begins with: parts of a snapshot, or files of somebody else's below 'root'. Every
-- primary of a cluster gets of all of them what belongs to its slots.
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

CREATE TABLE seed_before AS
SELECT s.*, CASE WHEN n.rg_id IS NULL THEN 'cluster.' || n.cluster_id ELSE 'rg.' || n.rg_id END AS source_id
  FROM seed s JOIN node n ON n.region = s.region AND n.id = s.node_id;

INSERT INTO seed_file (region, source_id, seq, snapshot, file, root, path)
SELECT region, source_id, row_number() OVER (PARTITION BY region, source_id ORDER BY node_id) - 1, snapshot, file, root, path
  FROM seed_before;

DROP TABLE seed;
-- What a primary that does not exist yet is to begin with.
CREATE TABLE seed (
  region       TEXT NOT NULL,
  node_id      TEXT NOT NULL,
  source_id    TEXT NOT NULL,
  seen_refused TEXT,             -- why it can't be used
  PRIMARY KEY (region, node_id)
) WITHOUT ROWID;

INSERT INTO seed (region, node_id, source_id, seen_refused) SELECT region, node_id, source_id, seen_refused FROM seed_before;
DROP TABLE seed_before;
