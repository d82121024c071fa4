-- Users, user groups, and what they may do. Statuses are the API's; a user's passwords are known by their SHA-256 only.

CREATE TABLE user (
  region         TEXT NOT NULL,
  id             TEXT NOT NULL,
  account        TEXT NOT NULL,
  name           TEXT NOT NULL,
  engine         TEXT NOT NULL,
  status         TEXT NOT NULL,
  access_string  TEXT NOT NULL,   -- as the API shows it
  authentication TEXT NOT NULL,   -- password, no-password or iam
  passwords      TEXT NOT NULL,   -- their SHA-256 in hex, in the order they were given
  PRIMARY KEY (region, id)
) WITHOUT ROWID;

CREATE TABLE user_group (
  region  TEXT NOT NULL,
  id      TEXT NOT NULL,
  account TEXT NOT NULL,
  engine  TEXT NOT NULL,
  status  TEXT NOT NULL,
  PRIMARY KEY (region, id)
) WITHOUT ROWID;

-- 'change' says what is under way until the engines have it: add, remove, or nothing.
CREATE TABLE user_group_member (
  region   TEXT NOT NULL,
  group_id TEXT NOT NULL,
  user_id  TEXT NOT NULL,
  change   TEXT NOT NULL CHECK (change IN ('', 'add', 'remove')),
  PRIMARY KEY (region, group_id, user_id)
) WITHOUT ROWID;

CREATE TABLE rg_user_group (
  region   TEXT NOT NULL,
  rg_id    TEXT NOT NULL,
  group_id TEXT NOT NULL,
  change   TEXT NOT NULL CHECK (change IN ('', 'add', 'remove')),
  PRIMARY KEY (region, rg_id, group_id)
) WITHOUT ROWID;

-- The generation of engine users that the node has told to be in force.
ALTER TABLE node ADD COLUMN seen_users_generation INTEGER NOT NULL DEFAULT 0;
CREATE INDEX user_group_member_by_user ON user_group_member (region, user_id, group_id);
CREATE INDEX rg_user_group_by_group ON rg_user_group (region, group_id, rg_id);
