-- Encryption in transit and AUTH tokens. The columns transit_encryption, of groups and of clusters, tell what clients find:
-- 0 nothing, 1 required, 2 preferred (plan/encryption.h).

-- What a replication group has besides, once it changes or has had an AUTH token. Tokens are known by their SHA-256 only.
CREATE TABLE encryption (
  region            TEXT NOT NULL,
  rg_id             TEXT NOT NULL,
  next_mode         INTEGER NOT NULL,  -- what transit_encryption becomes once the nodes have it; -1: nothing is under way
  token             TEXT,              -- the latest
  old_token         TEXT,              -- the one before, as long as it is accepted too
  token_change      TEXT,              -- SETTING or ROTATING, until the engines have it
  token_modified_ms INTEGER NOT NULL,  -- 0: never
  PRIMARY KEY (region, rg_id)
) WITHOUT ROWID;

-- none, preferred or required, with " links" behind it where the node's link to its upstream is encrypted; NULL: neither one nor the other.
ALTER TABLE node ADD COLUMN seen_encryption TEXT;
