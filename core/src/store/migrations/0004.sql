-- Workbooks that come in again.

-- What came in with one, by the digest of the cell: it does not come in twice.
CREATE TABLE returned (record TEXT PRIMARY KEY) WITHOUT ROWID;
