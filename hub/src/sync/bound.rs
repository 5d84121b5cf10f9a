//! Nothing is later than the hub had it: what a document claims beyond that is bounded, in the transaction that takes it.

use gridwalk_core::ids::Id;
use gridwalk_core::kinds::Input;
use gridwalk_core::times::BoundTimes;

use super::batch::Batch;
use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, Conn, all, exec};

/// How much later than now an anchored phone's time may look, because both sides count whole seconds.
const ROUNDING_SECONDS: i64 = 2;
/// Documents that one transaction looks at.
const AT_ONCE: i64 = 100;

impl Batch<'_> {
    /// What this document, if it was changed, claims to be later than now was now at the latest: nobody believes it to be later,
    /// whatever kind it is of.
    pub(super) async fn bound(&mut self, connection: &mut Conn, doc: Id) -> Result<()> {
        if self.held.get(&doc).is_some_and(|held| held.dirty) { self.bound_now(connection, doc).await } else { Ok(()) }
    }

    async fn bound_now(&mut self, connection: &mut Conn, document: Id) -> Result<()> {
        let received_at = self.hub.latest_now();
        let Some(held) = self.held.get(&document).filter(|held| !held.doc.is_erased()) else { return Ok(()) };
        let claimed: Vec<i64> = held.doc.tree().later_than(received_at + ROUNDING_SECONDS).into_iter().collect();
        if claimed.is_empty() {
            return Ok(());
        }
        self.run_or_leave(connection, Input::BoundTimes(BoundTimes { document, claimed, received_at })).await
    }
}

/// The hub's clock was ahead for a while: what came in then, its own records too, came in by now at the latest.
pub async fn bound_what_came_ahead(hub: &Hub, tenant: &Tenant) -> Result<()> {
    let mut after = String::new();
    loop {
        let mut tx = hub.store.write(&tenant.id).await?;
        let latest = hub.latest_now();
        let sql = "SELECT DISTINCT doc FROM changes WHERE tenant_id = $1 AND at > $2 AND doc > $3 ORDER BY doc LIMIT $4";
        let rows = all(&mut tx, sql, vec![Arg::text(&tenant.id), Arg::int(latest), Arg::text(&after), Arg::Int(Some(AT_ONCE))]).await?;
        let mut batch = Batch::new(hub, tenant);
        for row in &rows {
            after = row.get(0)?;
            let id: Id = after.parse()?;
            batch.load(&mut tx, [id]).await?;
            batch.bound_now(&mut tx, id).await?;
        }
        batch.flush(&mut tx).await?;
        if (rows.len() as i64) < AT_ONCE {
            exec(&mut tx, "UPDATE changes SET at = $2 WHERE tenant_id = $1 AND at > $2", vec![Arg::text(&tenant.id), Arg::int(latest)]).await?;
            return Ok(tx.commit().await?);
        }
        tx.commit().await?;
    }
}
