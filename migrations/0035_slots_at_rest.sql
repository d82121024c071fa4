-- Of a change of slots that was given up: the agent has let go of it, and no slot is in flight any more.
ALTER TABLE resharding ADD COLUMN at_rest INTEGER NOT NULL DEFAULT 0;
