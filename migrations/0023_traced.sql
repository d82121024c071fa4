-- What is traced stays so when serve is started anew.
CREATE TABLE traced (
  id TEXT NOT NULL PRIMARY KEY -- of a resource, that need not be there
) WITHOUT ROWID;
