-- What shall be out of order when serve is started anew.
CREATE TABLE outage (
  region TEXT NOT NULL,
  zone TEXT NOT NULL, -- '' for the whole region
  state TEXT NOT NULL,
  PRIMARY KEY (region, zone)
) WITHOUT ROWID;
