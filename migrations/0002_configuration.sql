-- What groups and clusters are configured with, and how often a failover was tested.

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
