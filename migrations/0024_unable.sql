-- Why a node of a cluster can't follow another region, in the words of its engine's module; nothing: it can.
ALTER TABLE node ADD COLUMN seen_unable TEXT;
