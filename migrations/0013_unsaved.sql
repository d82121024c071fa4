-- When its last stop lost its data.

ALTER TABLE node ADD COLUMN seen_unsaved_ms INTEGER NOT NULL DEFAULT 0; -- 0: none did since a stop that kept them
