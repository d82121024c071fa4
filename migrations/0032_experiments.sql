-- Experiments of the Fault Injection Service, and the templates that they are made from. What was asked stays as the JSON that it was.
CREATE TABLE experiment_template (
  id TEXT NOT NULL PRIMARY KEY,
  region TEXT NOT NULL,
  account TEXT NOT NULL,
  body TEXT NOT NULL, -- of CreateExperimentTemplate
  created_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE experiment (
  id TEXT NOT NULL PRIMARY KEY,
  template_id TEXT NOT NULL,
  region TEXT NOT NULL,
  account TEXT NOT NULL,
  body TEXT NOT NULL, -- the template's, with the tags of StartExperiment
  created_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL, -- when its last action ends, by the wall clock
  ended_ms INTEGER NOT NULL, -- when it was stopped, or has failed; 0: neither
  failure TEXT -- why it has failed
) WITHOUT ROWID;
