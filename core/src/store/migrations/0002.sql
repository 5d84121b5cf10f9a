-- Taking back, and drafts.

-- Whether a command was ever in a closed bundle, an envelope or a file: set once, never cleared. Of what was there before this mark
-- nobody knows.
ALTER TABLE commands ADD COLUMN closed INTEGER NOT NULL DEFAULT 1;

-- Ids of commands that were taken back: nothing is recorded under them any more.
CREATE TABLE taken_back (id TEXT PRIMARY KEY) WITHOUT ROWID;

-- Forms that were left open, of each person on this phone. They are never synced.
CREATE TABLE drafts (
  command TEXT PRIMARY KEY,      -- the id made when the form was opened: recorded under it, the draft is gone
  tenant TEXT NOT NULL,
  person TEXT NOT NULL,
  form TEXT NOT NULL,            -- the shell's name of the form
  about TEXT NOT NULL,           -- the document that the form is about, empty if none
  body TEXT NOT NULL,            -- JSON, the shell's own
  at INTEGER NOT NULL,           -- when it was saved, seconds since the epoch (UTC)
  UNIQUE (tenant, person, form, about)
);
