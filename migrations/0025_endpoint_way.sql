-- By what an endpoint's connections are spread over its nodes, as the agent has told.
ALTER TABLE endpoint ADD COLUMN seen_way TEXT;
