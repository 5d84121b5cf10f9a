-- The audit log is append-only: nobody changes an entry, and only what `audit_ends` says is cut may go. For SQLite; PostgreSQL
-- has the same in its own words.

CREATE TRIGGER audit_log_unchanged BEFORE UPDATE ON audit_log
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_log_kept BEFORE DELETE ON audit_log
WHEN OLD.seq > (SELECT cut_seq FROM audit_ends WHERE tenant_id = OLD.tenant_id)
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_ends_kept BEFORE DELETE ON audit_ends
BEGIN
  SELECT RAISE(ABORT, 'the audit log is append-only');
END;

-- The end only grows. A cut goes forward, continues from the hash of its last entry, and takes nothing of the last 183 days.
CREATE TRIGGER audit_ends_forward BEFORE UPDATE ON audit_ends
WHEN NEW.seq < OLD.seq OR NEW.cut_seq < OLD.cut_seq OR NEW.cut_seq > OLD.cut_seq AND (
  NEW.cut_hash <> (SELECT hash FROM audit_log WHERE tenant_id = OLD.tenant_id AND seq = NEW.cut_seq)
  OR EXISTS (SELECT 1 FROM audit_log WHERE tenant_id = OLD.tenant_id AND seq <= NEW.cut_seq AND at > NEW.cut_at - 15811200))
BEGIN
  SELECT RAISE(ABORT, 'the audit log is kept for 183 days');
END;
