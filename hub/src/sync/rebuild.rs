//! Making the read model's rows anew from the documents, after its tables changed with a newer hub.

use gridwalk_core::ids::Id;

use super::batch::Batch;
use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, all};

/// Documents that one transaction looks at: nobody waits long for it.
const BATCH: i64 = 200;

/// Makes the rows of all documents of a community anew; what was erased has none. Returns how many documents there are.
pub async fn rebuild(hub: &Hub, tenant: &Tenant) -> Result<u64> {
    let (mut done, mut after) = (0, String::new());
    loop {
        let mut tx = hub.store.write(&tenant.id).await?;
        let sql = "SELECT doc FROM documents WHERE tenant_id = $1 AND doc > $2 AND erased_at IS NULL ORDER BY doc LIMIT $3";
        let rows = all(&mut tx, sql, vec![Arg::text(&tenant.id), Arg::text(&after), Arg::Int(Some(BATCH))]).await?;
        let Some(last) = rows.last() else { return Ok(done) };
        after = last.get(0)?;
        done += rows.len() as u64;
        let ids: Vec<Id> = rows.iter().map(|row| Ok(row.get(0)?)).collect::<Result<_>>()?;
        let mut batch = Batch::new(hub, tenant);
        batch.load(&mut tx, ids).await?;
        batch.write_rows_again(&mut tx).await?;
        tx.commit().await?;
    }
}
