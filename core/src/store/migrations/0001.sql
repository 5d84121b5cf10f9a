-- The phone's own tables. Documents are the truth; what screens read is made from them (`read_model.rs`) and has no migrations.

-- One row: what changes with every command stands together, on one page.
CREATE TABLE state (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  device_key BLOB NOT NULL,      -- Ed25519 seed; the file is encrypted
  next_key BLOB,                 -- the seed of the key to come, while an enrolment that changes it has not been answered
  next_for TEXT,                 -- the code, without its secret, that this key is enrolled with
  photo_key BLOB NOT NULL,       -- encrypts the files of photos: without this store they are useless
  actor BLOB NOT NULL,           -- the actor of all new changes and ids
  next_counter INTEGER NOT NULL, -- the next id's counter
  hub_time INTEGER,              -- the newest hub time seen, seconds since the epoch (UTC)
  max_bytes INTEGER NOT NULL,    -- how much one request or reply may carry; halves after a cut, doubles after success
  swept_at INTEGER NOT NULL DEFAULT 0, -- when events kept long enough were last looked for
  scrub INTEGER NOT NULL DEFAULT 0 -- something was erased: until the file is rewritten, free pages and the log may hold it
);

-- What the read model was last made by, and its tables, which go when another takes its place.
CREATE TABLE read_model (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  version TEXT NOT NULL,         -- the hash of its declarations
  tables TEXT NOT NULL           -- JSON
);

-- Communities this phone is enrolled in.
CREATE TABLE tenants (
  tenant TEXT PRIMARY KEY,
  hub TEXT NOT NULL,             -- the hub's address
  ca TEXT,                       -- a private certificate authority of the hub's, PEM
  person TEXT NOT NULL,
  grants TEXT NOT NULL,          -- JSON: role and scope
  audiences TEXT NOT NULL,       -- JSON: what the cursor covers
  key BLOB NOT NULL,             -- the community's public key, pinned at enrolment
  spare BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  number INTEGER NOT NULL,       -- with the epoch: the cursor
  caught_up INTEGER NOT NULL DEFAULT 0, -- whether this epoch has been read to its end once
  rerun INTEGER NOT NULL DEFAULT 0, -- enrolled again: pull first, then run again what is absent
  synced_at INTEGER,             -- hub time of the last complete sync
  chosen INTEGER NOT NULL DEFAULT 0, -- of several communities: whether what names none of them is recorded here
  refused BLOB,                  -- the hub's word if it refused the last request whole, in CBOR
  dictionary INTEGER             -- the number of the hub's dictionary, as it last told
);

-- Audiences granted after enrolment, with a cursor each until they have caught up.
CREATE TABLE backfills (
  tenant TEXT NOT NULL,
  audience TEXT NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (tenant, audience)
) WITHOUT ROWID;

-- Actors whose documents are or were here, numbered as they came.
CREATE TABLE actors (k INTEGER PRIMARY KEY, actor BLOB NOT NULL UNIQUE);

CREATE TABLE documents (
  n INTEGER PRIMARY KEY,         -- actors.k × 2⁴⁰ + the id's counter: found by its id without an index, next to its siblings
  id TEXT NOT NULL,
  tenant TEXT NOT NULL,
  schema INTEGER NOT NULL,       -- the highest genesis number known of it
  generation INTEGER NOT NULL,
  epoch INTEGER NOT NULL,        -- the hub's epoch that `base` is of; 0 before the hub has any of it
  base BLOB NOT NULL,            -- the hub's state, as chunks; own unsent changes are in `changes`
  audiences TEXT NOT NULL,       -- JSON: which of this phone's audiences it is in
  withdrawn INTEGER NOT NULL     -- left the last audience; forgotten when its last unsent change is answered
);

CREATE INDEX documents_withdrawn ON documents (n) WHERE withdrawn;

-- What people did here, kept until 30 days after the hub has taken it.
CREATE TABLE commands (
  n INTEGER PRIMARY KEY,         -- the counter when they were run: their order, and the id's own unless a form was opened
  id TEXT NOT NULL,
  form INTEGER NOT NULL,         -- whether its id was made before it, when a form was opened
  body TEXT NOT NULL,            -- the command as JSON
  value TEXT NOT NULL,           -- the id it answered with
  cursor INTEGER NOT NULL,       -- the cursor's number when it was run: by the roles and audiences of then it is judged
  state TEXT NOT NULL CHECK (state IN ('unsent', 'taken', 'quarantined')),
  reason TEXT,                   -- why it is in quarantine, or unsent still
  at INTEGER NOT NULL            -- when the state was reached, seconds since the epoch (UTC)
);
-- Only what is looked for is indexed: each index is one more page to encrypt with every record.
CREATE UNIQUE INDEX commands_form ON commands (id) WHERE form;
CREATE INDEX commands_quarantined ON commands (n) WHERE state = 'quarantined';
CREATE INDEX commands_taken ON commands (at) WHERE state = 'taken';

-- Changes made here: those unsent lie over `documents.base`; those taken wait for 30 days in case the hub is restored.
CREATE TABLE changes (
  n INTEGER PRIMARY KEY,         -- commands.n × 256 + its place among the command's changes
  command INTEGER AS (n >> 8),   -- commands.n
  doc TEXT NOT NULL,
  schema INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  dictionary INTEGER NOT NULL,   -- the dictionary's number that it was written under
  hash BLOB NOT NULL,
  body BLOB NOT NULL,
  bundle INTEGER,                -- bundles.n, once closed
  taken INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX changes_unsent ON changes (doc) WHERE taken = 0;
CREATE INDEX changes_bundle ON changes (bundle) WHERE bundle IS NOT NULL;

-- Closed and signed; sent again byte for byte until answered.
CREATE TABLE bundles (
  n INTEGER PRIMARY KEY AUTOINCREMENT, -- never given again: a late reply speaks of the bundle that was sent
  tenant TEXT NOT NULL,
  sealed BLOB NOT NULL,
  bytes INTEGER NOT NULL,        -- its size when compressed alone
  taken INTEGER NOT NULL DEFAULT 0,
  asked INTEGER,                 -- hub time of the last reply to a request that it went with
  held INTEGER,                  -- the number of the hub's dictionary when it last held a change of it
  envelope BLOB,                 -- closed to the hub, once others are to carry it: the same bytes each time
  envelope_id BLOB               -- the SHA-256 of that
);
CREATE INDEX bundles_envelope ON bundles (envelope_id) WHERE envelope_id IS NOT NULL;

-- What this phone carries for others, closed to everyone but the hub, and the hub's receipts, closed to all but the author.
CREATE TABLE carried (
  n INTEGER PRIMARY KEY AUTOINCREMENT, -- as for bundles
  id BLOB NOT NULL UNIQUE,       -- SHA-256 of the envelope
  envelope BLOB,                 -- until the hub has said its last word
  receipt BLOB,                  -- the newest one
  outcome INTEGER,               -- what became of it, by the hub
  vouch TEXT,                    -- why a cadre vouches for it
  elsewhere TEXT NOT NULL DEFAULT '[]', -- JSON: the hubs that do not know its community
  at INTEGER NOT NULL,           -- when it came here, seconds since the epoch (UTC)
  asked INTEGER                  -- hub time of the last request it went with
);

-- Files of photos that are here, or are to be sent, by their SHA-256 in hex; each lies encrypted in `photos/` under that name.
CREATE TABLE photo_files (
  hash TEXT PRIMARY KEY,
  doc TEXT NOT NULL,             -- the photo it came with; others may name the same file
  original INTEGER NOT NULL,     -- or a thumbnail
  sent INTEGER NOT NULL,         -- whether the hub has it
  again INTEGER NOT NULL DEFAULT 0, -- an older epoch of the hub had it: this one is asked before it is sent
  owed INTEGER NOT NULL DEFAULT 0, -- its document left this phone first: kept until the hub has it
  tries INTEGER NOT NULL DEFAULT 0, -- how often the hub found something else in what came
  trouble TEXT                   -- why it is not sent any more
) WITHOUT ROWID;
CREATE INDEX photo_files_unsent ON photo_files (original) WHERE NOT sent;

-- Originals under way to this phone: the bytes so far.
CREATE TABLE photo_downloads (doc TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;

-- Genesis changes of schema versions newer than this app.
CREATE TABLE schemas (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, body BLOB NOT NULL);

-- Hub times of this device's boots.
CREATE TABLE anchors (boot TEXT PRIMARY KEY, since_boot INTEGER NOT NULL, hub_time INTEGER NOT NULL) WITHOUT ROWID;

-- Events recorded before their boot had an anchor.
CREATE TABLE unanchored (
  doc TEXT NOT NULL,
  boot TEXT NOT NULL,
  command INTEGER NOT NULL,      -- commands.n: its time is found under the roles that it was recorded under
  PRIMARY KEY (doc, boot)
) WITHOUT ROWID;

-- Documents whose news could not be read; everything else went in. All of each is asked for again.
CREATE TABLE unreadable (
  doc TEXT PRIMARY KEY,
  tenant TEXT NOT NULL,
  at INTEGER NOT NULL,           -- hub time of the news
  asked INTEGER                  -- hub time of the last reply to a request that asked for it
) WITHOUT ROWID;
