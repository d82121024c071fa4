-- A node has data that its last stop saved and that it has not loaded yet: nobody knows how far they go.
ALTER TABLE node ADD COLUMN seen_loads INTEGER NOT NULL DEFAULT 0;
