-- How much memory engines use, which is asked before a change that needs room.
ALTER TABLE replication_group ADD COLUMN weighing_ms INTEGER NOT NULL DEFAULT 0; -- since when that is asked, on the steady clock, and the number of the question; 0: it is not
ALTER TABLE cache_cluster ADD COLUMN weighing_ms INTEGER NOT NULL DEFAULT 0;     -- the same of one that belongs to no group
ALTER TABLE node ADD COLUMN seen_weighed INTEGER NOT NULL DEFAULT 0;             -- the question that these two answer:
ALTER TABLE node ADD COLUMN seen_used INTEGER NOT NULL DEFAULT 0;                -- bytes that count against its limit
ALTER TABLE node ADD COLUMN seen_data INTEGER NOT NULL DEFAULT 0;                -- those of them that go where the keys go
