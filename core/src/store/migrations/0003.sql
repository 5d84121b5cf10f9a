-- Photos of drafts, and what others carry.

-- Photos taken for a form that was left open, before the record exists. Their files lie encrypted in `photos/` like all others; no sync
-- knows of them.
CREATE TABLE draft_photos (
  id TEXT PRIMARY KEY,           -- the id of the command that makes it a photo of the record
  command TEXT NOT NULL,         -- drafts.command
  stamp TEXT NOT NULL,           -- JSON: when it was taken
  hash TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  thumb_hash TEXT NOT NULL,
  thumb_bytes INTEGER NOT NULL
);
CREATE INDEX draft_photos_command ON draft_photos (command);

-- However a draft goes, its photos go with it; their files are swept. Saving it again replaces it and takes nothing away.
CREATE TRIGGER draft_photos_go AFTER DELETE ON drafts BEGIN DELETE FROM draft_photos WHERE command = old.command; END;

-- Whether someone else has its envelope: in a file that was written, or on a phone that said so.
ALTER TABLE bundles ADD COLUMN handed INTEGER NOT NULL DEFAULT 0;
