-- What the network between two regions shall be like when serve is started anew, one direction a row; without one it does nothing.
CREATE TABLE network_link (
  from_region TEXT NOT NULL,
  to_region TEXT NOT NULL,
  latency_ms INTEGER NOT NULL, -- one way
  jitter_ms INTEGER NOT NULL,
  bandwidth_mbit INTEGER NOT NULL, -- megabits a second; 0: no limit
  state TEXT NOT NULL,
  PRIMARY KEY (from_region, to_region)
) WITHOUT ROWID;
