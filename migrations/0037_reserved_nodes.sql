-- Reserved nodes: what each is follows from its offering's id.
CREATE TABLE reserved_node (
  region       TEXT NOT NULL,
  id           TEXT NOT NULL,
  account      TEXT NOT NULL,
  offering_id  TEXT NOT NULL,
  nodes        INTEGER NOT NULL,
  start_ms     INTEGER NOT NULL,
  PRIMARY KEY (region, id)
) WITHOUT ROWID;
