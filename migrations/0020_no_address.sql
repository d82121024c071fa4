-- Why a node or endpoint has no address: what a plan has found out stands beside what agents have seen, and not in its place.
ALTER TABLE node ADD COLUMN no_address TEXT;
ALTER TABLE endpoint ADD COLUMN no_address TEXT;
UPDATE node SET seen_state = 'unknown', seen_reason = NULL WHERE address IS NULL;
UPDATE endpoint SET seen_state = 'unknown', seen_reason = NULL WHERE address IS NULL;
