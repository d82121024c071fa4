-- A process is told by its pid and when it was started: pids are given again, soon so in a container.
ALTER TABLE node ADD COLUMN condemned_started_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE node ADD COLUMN promote_pid INTEGER NOT NULL DEFAULT 0;         -- the process that is to become a primary with the data that it has; 0: any
ALTER TABLE node ADD COLUMN promote_started_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE snapshot_part ADD COLUMN started_ms INTEGER NOT NULL DEFAULT 0; -- of the process whose data it is to have
UPDATE node SET condemned_pid = 0;                                          -- one that still hangs is found again
