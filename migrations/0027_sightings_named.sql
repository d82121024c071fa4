-- Which export of a snapshot a sighting is about: each that is asked for has the next number.
ALTER TABLE snapshot ADD COLUMN exports INTEGER NOT NULL DEFAULT 0;
ALTER TABLE snapshot_part ADD COLUMN seen_export INTEGER NOT NULL DEFAULT 0;
-- At which address a node or an endpoint was seen last: it says nothing of another one.
ALTER TABLE node ADD COLUMN seen_address TEXT;
ALTER TABLE node ADD COLUMN seen_port INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endpoint ADD COLUMN seen_address TEXT;
ALTER TABLE endpoint ADD COLUMN seen_port INTEGER NOT NULL DEFAULT 0;
UPDATE node SET seen_address = address, seen_port = port;
UPDATE endpoint SET seen_address = address, seen_port = port;
