-- Which program a node's process was started from, and for which engine and version it runs.
ALTER TABLE node ADD COLUMN seen_asked TEXT;       -- the engine and version it runs for: "redis 7.1.0"
ALTER TABLE node ADD COLUMN seen_binary TEXT;      -- the program's path
ALTER TABLE node ADD COLUMN seen_engine_name TEXT; -- what it says it is: redis, valkey …
