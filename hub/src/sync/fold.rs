//! Folding: old changes of a document become one snapshot, which takes the last one's number and deletes exactly the rows it
//! contains.

use gridwalk_core::documents::Doc;
use gridwalk_core::ids::Id;

use super::entries;
use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, Conn, all, exec, one};

/// Changes older than this are folded, in seconds: phones that sync weekly still read single changes.
pub const FOLD_AFTER_SECONDS: i64 = 14 * 86_400;
/// Fewer changes than this are not worth a snapshot.
const FOLD_MIN_CHANGES: i64 = 4;
/// So many changes of one document are folded whatever their age.
const FOLD_LONG_CHANGES: i64 = 128;

/// Documents that one transaction looks at: nobody waits long for it.
const BATCH: i64 = 100;

/// Folds the changes of every document older than `before` (seconds since the Unix epoch, UTC), where that makes them
/// smaller. Returns how many documents were folded.
pub async fn fold(hub: &Hub, tenant: &Tenant, before: i64) -> Result<u64> {
    let (mut folded, mut after) = (0, String::new());
    loop {
        let mut tx = hub.store.write(&tenant.id).await?;
        let sql = "SELECT doc FROM changes WHERE tenant_id = $1 AND doc > $2 AND at < $3 GROUP BY doc HAVING count(*) >= $4 ORDER BY doc LIMIT $5";
        let args = vec![Arg::text(&tenant.id), Arg::text(&after), Arg::int(before), Arg::int(FOLD_MIN_CHANGES), Arg::int(BATCH)];
        let docs = all(&mut tx, sql, args).await?;
        for row in &docs {
            after = row.get(0)?;
            folded += u64::from(fold_one(&mut tx, &tenant.id, &after, before).await?);
        }
        tx.commit().await?;
        if docs.is_empty() {
            return Ok(folded);
        }
    }
}

/// Folds a document that the hub itself writes to again and again, once it has many changes: whoever takes the next one loads it.
pub(super) async fn fold_long(tx: &mut Conn, tenant: &str, doc: Id, now: i64) -> Result<()> {
    let key = vec![Arg::text(tenant), Arg::text(&doc.to_string())];
    let changes: i64 = one(tx, "SELECT count(*) FROM changes WHERE tenant_id = $1 AND doc = $2", key).await?.get(0)?;
    if changes >= FOLD_LONG_CHANGES {
        fold_one(tx, tenant, &doc.to_string(), now + 1).await?;
    }
    Ok(())
}

async fn fold_one(tx: &mut Conn, tenant: &str, doc: &str, before: i64) -> Result<bool> {
    let key = vec![Arg::text(tenant), Arg::text(doc)];
    let document = all(tx, "SELECT schema, generation FROM documents WHERE tenant_id = $1 AND doc = $2", key.clone()).await?;
    let Some(document) = document.first() else { return Ok(false) };
    let schema = u16::try_from(document.get::<i64>(0)?).unwrap_or(u16::MAX);
    let mut state = Doc::with_schema(schema, u32::try_from(document.get::<i64>(1)?).unwrap_or(0))?;
    // A prefix of the document's changes, whatever the hub's clock did: what they depend on is among them.
    let sql = "SELECT number, body FROM changes WHERE tenant_id = $1 AND doc = $2 AND number < coalesce(
        (SELECT min(number) FROM changes WHERE tenant_id = $1 AND doc = $2 AND at >= $3), 9223372036854775807) ORDER BY number";
    let (mut last, mut raw) = (0_i64, 0);
    for row in all(tx, sql, key.iter().cloned().chain([Arg::int(before)]).collect()).await? {
        last = row.get(0)?;
        let body: Vec<u8> = row.get(1)?;
        raw += body.len();
        state.take_chunk(&body)?;
    }
    let snapshot = state.snapshot();
    if snapshot.len() >= raw {
        return Ok(false);
    }
    entries::fold(tx, tenant, doc, last).await?;
    let to_last: Vec<Arg> = key.into_iter().chain([Arg::int(last)]).collect();
    exec(tx, "DELETE FROM changes WHERE tenant_id = $1 AND doc = $2 AND number <= $3", to_last.clone()).await?;
    let row = to_last.into_iter().chain([Arg::Blob(snapshot), Arg::int(before - 1)]).collect();
    exec(tx, "INSERT INTO changes VALUES ($1, $2, $3, $4, $5)", row).await?;
    Ok(true)
}
