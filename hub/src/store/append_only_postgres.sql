-- The same as append_only.sql in PostgreSQL's words.

CREATE FUNCTION audit_refused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only';
END $$;

CREATE TRIGGER audit_log_unchanged BEFORE UPDATE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_refused();
CREATE TRIGGER audit_log_emptied BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit_refused();
CREATE TRIGGER audit_ends_kept BEFORE DELETE ON audit_ends FOR EACH ROW EXECUTE FUNCTION audit_refused();
CREATE TRIGGER audit_ends_emptied BEFORE TRUNCATE ON audit_ends FOR EACH STATEMENT EXECUTE FUNCTION audit_refused();

CREATE FUNCTION audit_log_cut() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.seq > (SELECT cut_seq FROM audit_ends WHERE tenant_id = OLD.tenant_id) THEN
    RAISE EXCEPTION 'the audit log is append-only';
  END IF;
  RETURN OLD;
END $$;

CREATE TRIGGER audit_log_kept BEFORE DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_cut();

CREATE FUNCTION audit_ends_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq < OLD.seq OR NEW.cut_seq < OLD.cut_seq OR NEW.cut_seq > OLD.cut_seq AND (
    NEW.cut_hash <> (SELECT hash FROM audit_log WHERE tenant_id = OLD.tenant_id AND seq = NEW.cut_seq)
    OR EXISTS (SELECT 1 FROM audit_log WHERE tenant_id = OLD.tenant_id AND seq <= NEW.cut_seq AND at > NEW.cut_at - 15811200)) THEN
    RAISE EXCEPTION 'the audit log is kept for 183 days';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER audit_ends_forward BEFORE UPDATE ON audit_ends FOR EACH ROW EXECUTE FUNCTION audit_ends_moved();
