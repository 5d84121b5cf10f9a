//! Folding: old changes of a document become one snapshot, which takes the last one's number and deletes exactly the rows it
//! contains.

use gridwalk_core::documents::Doc;
use sqlx::Row;

use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, all, exec};

/// Changes older than this are folded, in seconds: phones that sync weekly still read single changes.
pub const FOLD_AFTER_SECONDS: i64 = 14 * 86_400;
/// Fewer changes than this are not worth a snapshot.
const FOLD_MIN_CHANGES: i64 = 4;

/// Folds one document's changes older than `before` (seconds since the Unix epoch, UTC), if that makes them smaller. Answers
/// with how many documents were folded, looking at up to `limit`.
pub async fn fold(hub: &Hub, tenant: &Tenant, before: i64, limit: i64) -> Result<u64> {
    let mut folded = 0;
    let mut tx = hub.store.write().await?;
    let sql = "SELECT doc FROM changes WHERE tenant_id = $1 AND at < $2 GROUP BY doc HAVING count(*) >= $3 ORDER BY doc LIMIT $4";
    let docs = all(&mut tx, sql, vec![Arg::text(&tenant.id), Arg::int(before), Arg::Int(Some(FOLD_MIN_CHANGES)), Arg::Int(Some(limit))]).await?;
    for row in docs {
        let doc_text: String = row.try_get(0)?;
        let key = vec![Arg::text(&tenant.id), Arg::text(&doc_text)];
        let document = all(&mut tx, "SELECT schema, generation FROM documents WHERE tenant_id = $1 AND doc = $2", key.clone()).await?;
        let Some(document) = document.first() else { continue };
        let schema = u16::try_from(document.try_get::<i64, _>(0)?).unwrap_or(u16::MAX);
        let mut doc = Doc::with_schema(schema, u32::try_from(document.try_get::<i64, _>(1)?).unwrap_or(0))?;
        let args = key.iter().cloned().chain([Arg::int(before)]).collect();
        // A prefix of the document's changes, whatever the hub's clock did: what they depend on is among them.
        let sql = "SELECT number, body FROM changes WHERE tenant_id = $1 AND doc = $2 AND number < coalesce(
            (SELECT min(number) FROM changes WHERE tenant_id = $1 AND doc = $2 AND at >= $3), 9223372036854775807) ORDER BY number";
        let rows = all(&mut tx, sql, args).await?;
        let (mut last, mut raw) = (0_i64, 0);
        let mut numbers = Vec::new();
        for row in &rows {
            last = row.try_get(0)?;
            numbers.push(last);
            let body: Vec<u8> = row.try_get(1)?;
            raw += body.len();
            doc.take_chunk(&body)?;
        }
        let snapshot = doc.snapshot();
        if snapshot.len() >= raw {
            continue;
        }
        for number in &numbers {
            exec(&mut tx, "DELETE FROM changes WHERE tenant_id = $1 AND number = $2", vec![Arg::text(&tenant.id), Arg::Int(Some(*number))]).await?;
        }
        let at = Arg::int(before - 1);
        exec(
            &mut tx,
            "INSERT INTO changes VALUES ($1, $2, $3, $4, $5)",
            vec![Arg::text(&tenant.id), Arg::Int(Some(last)), Arg::text(&doc_text), Arg::Blob(snapshot), at],
        )
        .await?;
        // Each audience reads the document anew from the snapshot's number, or from where it entered later; that it left stays.
        let args: Vec<Arg> = key.iter().cloned().chain([Arg::Int(Some(last))]).collect();
        exec(&mut tx, "DELETE FROM entries WHERE tenant_id = $1 AND doc = $2 AND number <= $3 AND what <> 2", args.clone()).await?;
        let sql =
            "INSERT INTO entries SELECT tenant_id, audience, $3, doc, 1 FROM audiences WHERE tenant_id = $1 AND doc = $2 AND left_at IS NULL AND entered <= $3";
        exec(&mut tx, sql, args).await?;
        folded += 1;
    }
    tx.commit().await?;
    Ok(folded)
}
