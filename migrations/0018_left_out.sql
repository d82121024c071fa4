-- How many keys of other databases than 0 its last start in cluster mode left out.
ALTER TABLE node ADD COLUMN seen_left_out INTEGER NOT NULL DEFAULT 0;
