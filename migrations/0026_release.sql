-- A datastore's dead primary that was let start in place, because nobody else had its data: until it is known to be held down again,
-- another region must not give it any.
ALTER TABLE node ADD COLUMN release TEXT;
