//! The log of administrative acts and sensitive reads. It is append-only (triggers of the database refuse anything else) and each
//! entry is sealed by the hash of the one before, so that a changed, removed or reordered entry is found.

use gridwalk_core::documents::hash_text;
use gridwalk_core::identity::cipher::sha256;
use gridwalk_core::sync::protocol::encode;

use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, Conn, Row, all, exec, one};

/// How long entries are kept at least, in days: 网络安全法 Art. 21 asks for six months.
pub const KEEP_DAYS: i64 = 183;

/// What was done. No personal data: ids, codes and counts.
#[derive(Debug, Clone, Copy)]
pub struct Act<'a> {
    /// Who did it: a person's id, a device's, or `admin` for whoever runs the hub's commands.
    pub by: &'a str,
    /// What was done, as a code.
    pub verb: &'a str,
    /// What it was done to: the id of a document, device or person.
    pub subject: &'a str,
    /// What else there is to say, in codes and counts.
    pub detail: &'a str,
}

/// An entry of the log.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Entry {
    /// Its number: 1, 2, 3 … without gaps.
    pub seq: i64,
    /// When, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// See [`Act::by`].
    pub by: String,
    /// See [`Act::verb`].
    pub verb: String,
    /// See [`Act::subject`].
    pub subject: String,
    /// See [`Act::detail`].
    pub detail: String,
    /// The hash of the entry before; of the first, nothing.
    pub previous: String,
    /// SHA-256 over the CBOR of all above and the community.
    pub hash: String,
}

/// What is wrong with the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The entry's content is not what was written.
    Changed(i64),
    /// Entries from the first to the second number are not there.
    Missing(i64, i64),
    /// The entry does not continue from the one before it.
    Unlinked(i64),
}

/// What checking the log found.
#[derive(Debug, Clone)]
pub struct Checked {
    /// How many entries there are.
    pub entries: usize,
    /// The hash that the log ends with: noted elsewhere, it proves that the log was not written anew.
    pub hash: String,
    /// What is wrong, in order.
    pub faults: Vec<Fault>,
}

impl Entry {
    fn digest(&self, tenant: &str) -> String {
        let Self { seq, at, by, verb, subject, detail, previous, .. } = self;
        hash_text(&sha256(&encode(&("gridwalk audit v1", tenant, seq, at, by, verb, subject, detail, previous))))
    }

    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            seq: row.get(0)?,
            at: row.get(1)?,
            by: row.get(2)?,
            verb: row.get(3)?,
            subject: row.get(4)?,
            detail: row.get(5)?,
            previous: row.get(6)?,
            hash: row.get(7)?,
        })
    }
}

/// Appends an act to the community's log, in the caller's transaction. `at` in seconds since the Unix epoch (UTC).
pub async fn record(connection: &mut Conn, tenant: &str, at: i64, act: Act<'_>) -> Result<()> {
    exec(connection, "INSERT INTO audit_ends VALUES ($1, 0, '', 0, '', 0) ON CONFLICT DO NOTHING", vec![Arg::text(tenant)]).await?;
    // The end's row is the lock: whoever comes second reads the first one's hash.
    let end = one(connection, "UPDATE audit_ends SET seq = seq + 1 WHERE tenant_id = $1 RETURNING seq, hash", vec![Arg::text(tenant)]).await?;
    let mut entry = Entry {
        seq: end.get(0)?,
        at,
        by: act.by.to_owned(),
        verb: act.verb.to_owned(),
        subject: act.subject.to_owned(),
        detail: act.detail.to_owned(),
        previous: end.get(1)?,
        hash: String::new(),
    };
    entry.hash = entry.digest(tenant);
    insert(connection, tenant, &entry).await?;
    // Also where the hub's output is kept: a log written anew does not agree with it.
    tracing::info!(tenant, seq = entry.seq, by = act.by, verb = act.verb, subject = act.subject, detail = act.detail, hash = entry.hash, "audit");
    Ok(())
}

async fn insert(connection: &mut Conn, tenant: &str, entry: &Entry) -> Result<()> {
    let texts = [&entry.by, &entry.verb, &entry.subject, &entry.detail, &entry.previous, &entry.hash].map(|t| Arg::text(t));
    let args = [Arg::text(tenant), Arg::int(entry.seq), Arg::int(entry.at)].into_iter().chain(texts).collect();
    exec(connection, "INSERT INTO audit_log VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)", args).await?;
    let args = vec![Arg::text(tenant), Arg::int(entry.seq), Arg::text(&entry.hash)];
    exec(connection, "UPDATE audit_ends SET seq = $2, hash = $3 WHERE tenant_id = $1", args).await.map(drop)
}

/// The entries from `since` on (seconds since the Unix epoch, UTC), in order.
pub async fn entries(connection: &mut Conn, tenant: &str, since: i64) -> Result<Vec<Entry>> {
    let sql = "SELECT seq, at, by_whom, verb, subject, detail, previous, hash FROM audit_log WHERE tenant_id = $1 AND at >= $2 ORDER BY seq";
    all(connection, sql, vec![Arg::text(tenant), Arg::int(since)]).await?.iter().map(Entry::from_row).collect()
}

/// Checks the whole log of a community.
pub async fn verify(hub: &Hub, tenant: &Tenant) -> Result<Checked> {
    let mut read = hub.store.read().await?;
    let ends = all(&mut read, "SELECT seq, hash, cut_seq, cut_hash FROM audit_ends WHERE tenant_id = $1", vec![Arg::text(&tenant.id)]).await?;
    let (last, hash, mut seq, mut previous) = match ends.first() {
        Some(row) => (row.get(0)?, row.get::<String>(1)?, row.get::<i64>(2)?, Some(row.get::<String>(3)?)),
        None => (0, String::new(), 0, Some(String::new())),
    };
    let entries = entries(&mut read, &tenant.id, i64::MIN).await?;
    let mut faults = Vec::new();
    for entry in &entries {
        if entry.seq > seq + 1 {
            faults.push(Fault::Missing(seq + 1, entry.seq - 1));
            previous = None;
        }
        if entry.digest(&tenant.id) != entry.hash {
            faults.push(Fault::Changed(entry.seq));
        }
        if previous.is_some_and(|p| p != entry.previous) {
            faults.push(Fault::Unlinked(entry.seq));
        }
        (seq, previous) = (entry.seq, Some(entry.hash.clone()));
    }
    match seq {
        _ if seq < last => faults.push(Fault::Missing(seq + 1, last)),
        _ if previous.as_ref() != Some(&hash) => faults.push(Fault::Unlinked(last + 1)),
        _ => {}
    }
    Ok(Checked { entries: entries.len(), hash, faults })
}

/// Cuts entries older than `keep_days` away from the front of the log; never those of the last [`KEEP_DAYS`]. Returns how
/// many went.
pub async fn cut(hub: &Hub, tenant: &str, keep_days: i64) -> Result<u64> {
    let now = hub.now();
    let mut tx = hub.store.write(tenant).await?;
    // Up to the first that is kept: whatever the hub's clock did, the rest hangs together.
    let sql = "SELECT seq, hash FROM audit_log WHERE tenant_id = $1 AND seq < coalesce(
        (SELECT min(seq) FROM audit_log WHERE tenant_id = $1 AND at >= $2), 9223372036854775807) ORDER BY seq DESC LIMIT 1";
    let oldest = hub.confirmed_now() - keep_days.max(KEEP_DAYS) * 86_400;
    let rows = all(&mut tx, sql, vec![Arg::text(tenant), Arg::int(oldest)]).await?;
    let Some(row) = rows.first() else { return Ok(0) };
    let (seq, hash): (i64, String) = (row.get(0)?, row.get(1)?);
    let args = vec![Arg::text(tenant), Arg::int(seq), Arg::text(&hash), Arg::int(now)];
    exec(&mut tx, "UPDATE audit_ends SET cut_seq = $2, cut_hash = $3, cut_at = $4 WHERE tenant_id = $1", args).await?;
    let gone = exec(&mut tx, "DELETE FROM audit_log WHERE tenant_id = $1 AND seq <= $2", vec![Arg::text(tenant), Arg::int(seq)]).await?;
    record(&mut tx, tenant, now, Act { by: "hub", verb: "cut_log", subject: "", detail: &format!("{gone} entries to {seq}") }).await?;
    tx.commit().await?;
    Ok(gone)
}

/// Carries over what another database's log has beyond this one's end, if it continues from there: a restore does not make
/// forgotten what was done since the backup.
pub(crate) async fn carry_over(from: &mut Conn, to: &mut Conn, tenant: &str) -> Result<()> {
    let ends = all(to, "SELECT seq, hash FROM audit_ends WHERE tenant_id = $1", vec![Arg::text(tenant)]).await?;
    let Some(end) = ends.first() else { return Ok(()) };
    let (seq, mut hash): (i64, String) = (end.get(0)?, end.get(1)?);
    for entry in entries(from, tenant, i64::MIN).await?.into_iter().filter(|e| e.seq > seq) {
        if entry.previous != hash {
            break;
        }
        insert(to, tenant, &entry).await?;
        hash = entry.hash;
    }
    Ok(())
}
