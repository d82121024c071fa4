-- Modes of encryption in transit as words, like every status: they were numbers, and -1 where no change is under way.
ALTER TABLE replication_group RENAME COLUMN transit_encryption TO encryption_number;
ALTER TABLE replication_group ADD COLUMN transit_encryption TEXT NOT NULL DEFAULT 'none';
UPDATE replication_group SET transit_encryption = CASE encryption_number WHEN 1 THEN 'required' WHEN 2 THEN 'preferred' ELSE 'none' END;
ALTER TABLE replication_group DROP COLUMN encryption_number;
ALTER TABLE cache_cluster RENAME COLUMN transit_encryption TO encryption_number;
ALTER TABLE cache_cluster ADD COLUMN transit_encryption TEXT NOT NULL DEFAULT 'none';
UPDATE cache_cluster SET transit_encryption = CASE encryption_number WHEN 1 THEN 'required' WHEN 2 THEN 'preferred' ELSE 'none' END;
ALTER TABLE cache_cluster DROP COLUMN encryption_number;
ALTER TABLE global_replication_group RENAME COLUMN transit_encryption TO encryption_number;
ALTER TABLE global_replication_group ADD COLUMN transit_encryption TEXT NOT NULL DEFAULT 'none';
UPDATE global_replication_group SET transit_encryption = CASE encryption_number WHEN 1 THEN 'required' WHEN 2 THEN 'preferred' ELSE 'none' END;
ALTER TABLE global_replication_group DROP COLUMN encryption_number;
ALTER TABLE encryption RENAME COLUMN next_mode TO next_number;
ALTER TABLE encryption ADD COLUMN next_mode TEXT; -- what transit_encryption becomes once the nodes have it; NULL: nothing is under way
UPDATE encryption SET next_mode = CASE next_number WHEN 0 THEN 'none' WHEN 1 THEN 'required' WHEN 2 THEN 'preferred' END;
ALTER TABLE encryption DROP COLUMN next_number;
