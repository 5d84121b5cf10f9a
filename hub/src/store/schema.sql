-- The hub's store. Every table is keyed by tenant first, and SQLite keeps the rows in the key's own tree: a change is written
-- to few pages, and what belongs together lies together.
-- Times are seconds since the Unix epoch (UTC), ids their texts. The read-model tables of the kinds are made beside these.

CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- The one epoch that the database is in. A dump leaves it out: what is put back from one has none until a new one begins.
CREATE TABLE epoch (
  epoch TEXT PRIMARY KEY
);

CREATE TABLE tenants (
  tenant_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  number BIGINT NOT NULL,          -- the last number of the tenant's one sequence
  community_key BLOB NOT NULL,   -- signs replies and what the hub itself writes
  spare_public BLOB NOT NULL,
  hub_person TEXT NOT NULL,        -- who the hub is when it writes
  settings TEXT NOT NULL           -- the settings document
);

-- A community's key pairs, from 1. Each is signed by a key of the one before, which leads phones to it.
CREATE TABLE community_keys (
  tenant_id TEXT NOT NULL,
  number BIGINT NOT NULL,
  public_key BLOB NOT NULL,
  spare_public BLOB NOT NULL,
  secret BLOB NOT NULL,            -- the key of the pair that the hub has: answers phones that pinned it
  statement BLOB NOT NULL,         -- this pair, signed; of the first empty
  PRIMARY KEY (tenant_id, number)
) WITHOUT ROWID;

CREATE TABLE devices (
  tenant_id TEXT NOT NULL,
  device TEXT NOT NULL,
  public_key BLOB NOT NULL,
  person TEXT NOT NULL,
  enrolled_at BIGINT NOT NULL,
  revoked_at BIGINT,
  PRIMARY KEY (tenant_id, device)
) WITHOUT ROWID;
CREATE INDEX devices_device ON devices (device);
CREATE INDEX devices_person ON devices (tenant_id, person);

-- Devices that joined before a restore and after its backup: they must join again, and what they made keeps its author.
CREATE TABLE earlier_devices (
  tenant_id TEXT NOT NULL,
  person TEXT NOT NULL,
  device TEXT NOT NULL,
  PRIMARY KEY (tenant_id, person, device)
) WITHOUT ROWID;

-- Roles with their intervals of the sequence: what a bundle may do is judged at the cursor it was made at.
CREATE TABLE grants (
  tenant_id TEXT NOT NULL,
  person TEXT NOT NULL,
  role TEXT NOT NULL,
  scope TEXT NOT NULL,
  from_number BIGINT NOT NULL,
  until_number BIGINT,
  until_at BIGINT,
  due_at BIGINT,                   -- when the hub ends it by itself: a stand-in's last day
  reason TEXT,                     -- where it comes from: 'stand_in <person>', 'merge <place>'; NULL if it was granted as such
  PRIMARY KEY (tenant_id, person, role, scope, from_number)
) WITHOUT ROWID;

CREATE TABLE invites (
  tenant_id TEXT NOT NULL,
  code TEXT NOT NULL,              -- the public half of the code
  secret_hash TEXT NOT NULL,       -- SHA-256 of the other half
  person TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  wrong_tries BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, code)
) WITHOUT ROWID;

-- Requests of the last minutes, in the first community that they name: an identical one names the same.
CREATE TABLE nonces (
  tenant_id TEXT NOT NULL,
  device TEXT NOT NULL,
  nonce TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, device, nonce)
) WITHOUT ROWID;
CREATE INDEX nonces_at ON nonces (tenant_id, at);

CREATE TABLE documents (
  tenant_id TEXT NOT NULL,
  doc TEXT NOT NULL,
  kind TEXT NOT NULL,
  schema BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  about TEXT,                      -- what an event is about: it moves with it
  kept_until BIGINT,               -- until when phones hold an event
  erased_at BIGINT,                -- when all of it was erased: its generation is all that is left
  PRIMARY KEY (tenant_id, doc)
) WITHOUT ROWID;
CREATE INDEX documents_about ON documents (tenant_id, about) WHERE about IS NOT NULL;

-- The truth: changes by their number in the sequence, old ones folded into a snapshot that has the last one's number.
CREATE TABLE changes (
  tenant_id TEXT NOT NULL,
  doc TEXT NOT NULL,
  number BIGINT NOT NULL,
  body BLOB NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, doc, number)
) WITHOUT ROWID;

-- Which audiences a document is in, since which number and until which.
CREATE TABLE audiences (
  tenant_id TEXT NOT NULL,
  doc TEXT NOT NULL,
  audience TEXT NOT NULL,
  entered BIGINT NOT NULL,
  left_at BIGINT,
  left_time BIGINT,                -- when: who had it before may still bring what they did, for 30 days
  PRIMARY KEY (tenant_id, doc, audience, entered)
) WITHOUT ROWID;

-- What each audience has to read, in order. `what`: 0 a change, 1 the document entered (its history comes), 2 it left.
CREATE TABLE entries (
  tenant_id TEXT NOT NULL,
  audience TEXT NOT NULL,
  number BIGINT NOT NULL,
  doc TEXT NOT NULL,
  what BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, audience, number, doc)
) WITHOUT ROWID;

-- Final answers other than 'taken', given again to whoever asks.
CREATE TABLE verdicts (
  tenant_id TEXT NOT NULL,
  doc TEXT NOT NULL,
  generation BIGINT NOT NULL,
  hash TEXT NOT NULL,
  word BIGINT NOT NULL,
  reason TEXT,
  PRIMARY KEY (tenant_id, doc, generation, hash)
) WITHOUT ROWID;

-- Who wrote what: signed statements with the hashes of their changes, kept after folding; and when a number was given out.
CREATE TABLE statements (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,                -- SHA-256 of the statement
  device TEXT NOT NULL,
  statement BLOB NOT NULL,
  signature BLOB NOT NULL,
  number BIGINT NOT NULL,          -- the tenant's number when it was taken
  at BIGINT NOT NULL,
  vouched_by TEXT,                 -- the cadre who took it in from a revoked device
  vouched_at BIGINT,
  vouch_reason TEXT,               -- in their words
  PRIMARY KEY (tenant_id, id)
) WITHOUT ROWID;
CREATE INDEX statements_number ON statements (tenant_id, number, at);

-- What an import made of which source record: importing twice changes nothing.
CREATE TABLE import_keys (
  tenant_id TEXT NOT NULL,
  source TEXT NOT NULL,
  record TEXT NOT NULL,
  id TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (tenant_id, source, record)
) WITHOUT ROWID;

-- What was given out in order: who has which rank of what. A journal beside the database says the same.
CREATE TABLE ranks (
  tenant_id TEXT NOT NULL,
  thing TEXT NOT NULL,             -- what runs out: a document, or a series of numbers
  rank BIGINT NOT NULL,            -- 1, 2, 3 … without gaps
  claim TEXT NOT NULL,             -- the document that has it
  outcome TEXT NOT NULL,           -- `granted`, `waiting`, `released`, `double`
  at BIGINT NOT NULL,              -- since when, in seconds since the Unix epoch (UTC)
  PRIMARY KEY (tenant_id, thing, rank)
) WITHOUT ROWID;
CREATE UNIQUE INDEX ranks_claim ON ranks (tenant_id, claim);
CREATE INDEX ranks_outcome ON ranks (tenant_id, thing, outcome, rank);

-- Ledgers (台账): saved sets of columns under an office's own headings.
CREATE TABLE ledgers (
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  list TEXT NOT NULL,              -- the list that its rows are: `household`, `residents`
  columns TEXT NOT NULL,           -- JSON: pairs of a column's key and its heading, in order
  PRIMARY KEY (tenant_id, name)
) WITHOUT ROWID;

-- Administrative acts and sensitive reads, each entry sealed by the hash of the one before. Append-only by triggers.
CREATE TABLE audit_log (
  tenant_id TEXT NOT NULL,
  seq BIGINT NOT NULL,             -- 1, 2, 3 … without gaps
  at BIGINT NOT NULL,
  by_whom TEXT NOT NULL,           -- a person, a device, or `admin`
  verb TEXT NOT NULL,
  subject TEXT NOT NULL,           -- what it was done to: a document, device, person
  detail TEXT NOT NULL,            -- codes and counts, no personal data
  previous TEXT NOT NULL,          -- the hash of the entry before
  hash TEXT NOT NULL,
  PRIMARY KEY (tenant_id, seq)
) WITHOUT ROWID;

-- Where the log ends, and up to where old entries were cut away.
CREATE TABLE audit_ends (
  tenant_id TEXT PRIMARY KEY,
  seq BIGINT NOT NULL,
  hash TEXT NOT NULL,
  cut_seq BIGINT NOT NULL,
  cut_hash TEXT NOT NULL,
  cut_at BIGINT NOT NULL
) WITHOUT ROWID;
