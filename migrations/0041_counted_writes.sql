-- How many writes a primary counted that nobody else has, and from which offset of its stream on; -1: they can't be counted.
ALTER TABLE node ADD COLUMN seen_counted_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE node ADD COLUMN seen_counted INTEGER NOT NULL DEFAULT -1;
