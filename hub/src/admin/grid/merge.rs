//! Merging: everything in one grid goes to another, and so does whoever serves it; the one is closed and names the other.

use gridwalk_core::documents::Audience;
use gridwalk_core::ids::Id;
use gridwalk_core::kinds::Input;
use gridwalk_core::places::ClosePlace;

use super::people::names_of;
use super::{Plan, carry, grid_named, lying_in, no_grid, plan_of};
use crate::admin::scope::place_named;
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::registry::act_log::{Act, record};
use crate::registry::grants::{Term, begin, end, held};
use crate::store::Conn;
use crate::sync::Batch;

/// What merging grid `from` into grid `into` will move.
///
/// # Errors
/// If there are no such grids, or `from` was merged into another one before.
pub async fn plan_merge(hub: &Hub, tenant: &Tenant, from: &str, into: &str) -> Result<Plan> {
    let mut read = hub.store.read().await?;
    let (from, _, _) = both(&mut read, tenant, from, into).await?;
    let documents = lying_in(&mut read, &tenant.id, from).await?;
    let plan = plan_of(&mut read, &tenant.id, documents).await?;
    let workers = held(&mut read, &tenant.id, &Audience::Place(from)).await?;
    Ok(Plan { workers: names_of(&mut read, &tenant.id, workers.iter().map(|h| h.person)).await?, ..plan })
}

/// Both grids, and whether the first is closed into the second already: then the merge goes on.
async fn both(connection: &mut Conn, tenant: &Tenant, from: &str, into: &str) -> Result<(Id, Id, bool)> {
    let into = place_named(connection, &tenant.id, into).await?;
    let from = grid_named(connection, &tenant.id, from).await?.ok_or_else(|| no_grid(from))?;
    match from.successor {
        _ if from.id == into => Err(HubError::usage("不能并入自身", "a grid is not merged into itself")),
        Some(other) if other != into => Err(HubError::usage("这个网格已并入其他网格", "this grid was merged into another one")),
        closed => Ok((from.id, into, closed.is_some())),
    }
}

/// Merges grid `from` into grid `into`. Run again after a cut it goes on; on a grid that is merged already it changes nothing. The
/// opposite is [`split`](super::split()) with [`Choice::Back`](super::Choice::Back).
pub async fn merge(hub: &Hub, tenant: &Tenant, from: &str, into: &str, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<u64> {
    let mut tx = hub.store.write(&tenant.id).await?;
    let (from, into, closed) = both(&mut tx, tenant, from, into).await?;
    if !closed {
        // From here on what comes for the old grid goes on to the new one, and its workers see both.
        let mut batch = Batch::new(hub, tenant);
        batch.run(&mut tx, Input::ClosePlace(ClosePlace { place: from, successor: into })).await?;
        batch.flush(&mut tx).await?;
        for h in held(&mut tx, &tenant.id, &Audience::Place(from)).await? {
            let reason = h.reason.unwrap_or_else(|| format!("merge {from}"));
            begin(&mut tx, tenant, h.person, h.role, &Audience::Place(into), &Term { due_at: h.due_at, reason: Some(reason) }).await?;
        }
        let detail = format!("into {into}");
        record(&mut tx, &tenant.id, hub.now(), Act { by: "admin", verb: "grid_merge", subject: &from.to_string(), detail: &detail }).await?;
    }
    tx.commit().await?;
    let mut moved = 0;
    loop {
        let mut read = hub.store.read().await?;
        let documents: Vec<Id> = lying_in(&mut read, &tenant.id, from).await?.into_iter().map(|(id, _)| id).collect();
        drop(read);
        let now = carry(hub, tenant, from, into, &documents, progress).await?;
        moved += now;
        if now == 0 {
            break;
        }
    }
    let mut tx = hub.store.write(&tenant.id).await?;
    for h in held(&mut tx, &tenant.id, &Audience::Place(from)).await? {
        end(&mut tx, &tenant.id, h.person, h.role, &Audience::Place(from), hub.now()).await?;
    }
    if moved > 0 {
        let detail = format!("into {into} documents {moved}");
        record(&mut tx, &tenant.id, hub.now(), Act { by: "admin", verb: "grid_merged", subject: &from.to_string(), detail: &detail }).await?;
    }
    tx.commit().await?;
    Ok(moved)
}
