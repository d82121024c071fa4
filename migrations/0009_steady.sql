-- Durations are measured by a clock of this database that only goes forward (base/clock.h): seen_since_ms, switch_since_ms and
-- phase_since_ms are its milliseconds from now on. It continues from the present, so that what was noted before lies behind it.
CREATE TABLE steady_clock (
  id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  boot       TEXT NOT NULL,     -- of the system, in which
  offset_ms  INTEGER NOT NULL,  -- it was so much ahead of CLOCK_MONOTONIC
  reached_ms INTEGER NOT NULL   -- how far it had got when something was last written
) WITHOUT ROWID;
INSERT INTO steady_clock (id, boot, offset_ms, reached_ms)
SELECT 1, '', 0, max(at_ms) FROM (
  SELECT seen_since_ms AS at_ms FROM node
  UNION ALL SELECT switch_since_ms FROM node_group
  UNION ALL SELECT phase_since_ms FROM global_replication_group
  UNION ALL SELECT strftime('%s', 'now') * 1000 FROM node
) HAVING count(*) > 0;
