//! A grid goes to another worker, for good or for a while (请假、替班). The roles move; phones receive the grid and forget it.

use gridwalk_core::documents::Audience;
use gridwalk_core::ids::Id;
use gridwalk_core::rules::Role;

use crate::admin::scope::place_named;
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::registry::act_log::{Act, record};
use crate::registry::grants::{Term, begin, end, held};

/// Someone serves a grid for someone else.
#[derive(Debug, Clone)]
pub struct StandIn {
    /// The grid's name.
    pub grid: String,
    /// Who is away. They keep their role.
    pub absent: Id,
    /// Who serves it meanwhile.
    pub by: Id,
    /// When it ends by itself, in seconds since the Unix epoch (UTC).
    pub until: i64,
}

/// Hands a grid over: every role of `from` over it ends and begins for `to`, in one transaction. The opposite is handing it back.
///
/// # Errors
/// If `from` does not serve the grid.
pub async fn hand_over(hub: &Hub, tenant: &Tenant, grid: &str, from: Id, to: Id) -> Result<()> {
    if from == to {
        return Err(HubError::usage("移交双方是同一人", "a grid is not handed over to the same person"));
    }
    let mut tx = hub.store.write(&tenant.id).await?;
    let place = place_named(&mut tx, &tenant.id, grid).await?;
    let scope = Audience::Place(place);
    let roles: Vec<_> = held(&mut tx, &tenant.id, &scope).await?.into_iter().filter(|h| h.person == from).collect();
    if roles.is_empty() {
        return Err(HubError::usage("此人不负责这个网格", "the person does not serve this grid"));
    }
    for h in roles {
        end(&mut tx, &tenant.id, from, h.role, &scope, hub.now()).await?;
        begin(&mut tx, tenant, to, h.role, &scope, &Term { due_at: h.due_at, reason: h.reason }).await?;
    }
    let detail = format!("from {from} to {to}");
    record(&mut tx, &tenant.id, hub.now(), Act { by: "admin", verb: "grid_hand_over", subject: &place.to_string(), detail: &detail }).await?;
    tx.commit().await?;
    Ok(())
}

/// Grants a stand-in's role; again with another day, it ends on that. The hub ends it by itself
/// ([`end_due`](crate::admin::end_due)), or earlier by [`end_stand_in`].
///
/// # Errors
/// If who is away does not serve the grid, if the stand-in serves it already, or if the day is over.
pub async fn stand_in(hub: &Hub, tenant: &Tenant, new: &StandIn) -> Result<()> {
    if new.until <= hub.now() {
        return Err(HubError::usage("截止日期已过", "that day is over"));
    }
    let mut tx = hub.store.write(&tenant.id).await?;
    let place = place_named(&mut tx, &tenant.id, &new.grid).await?;
    let scope = Audience::Place(place);
    if !held(&mut tx, &tenant.id, &scope).await?.iter().any(|h| h.person == new.absent) {
        return Err(HubError::usage("请假人不负责这个网格", "who is away does not serve this grid"));
    }
    let term = Term { due_at: Some(new.until), reason: Some(format!("stand_in {}", new.absent)) };
    if new.absent == new.by || !begin(&mut tx, tenant, new.by, Role::GridWorker, &scope, &term).await? {
        return Err(HubError::usage("替班人已负责这个网格", "the stand-in serves this grid already"));
    }
    let detail = format!("for {} by {} until {}", new.absent, new.by, new.until);
    record(&mut tx, &tenant.id, hub.now(), Act { by: "admin", verb: "grid_stand_in", subject: &place.to_string(), detail: &detail }).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends a stand-in's role before its day.
///
/// # Errors
/// If `by` is no stand-in there.
pub async fn end_stand_in(hub: &Hub, tenant: &Tenant, grid: &str, by: Id) -> Result<()> {
    let mut tx = hub.store.write(&tenant.id).await?;
    let place = place_named(&mut tx, &tenant.id, grid).await?;
    let scope = Audience::Place(place);
    let roles = held(&mut tx, &tenant.id, &scope).await?;
    let Some(h) = roles.iter().find(|h| h.person == by && h.reason.as_ref().is_some_and(|r| r.starts_with("stand_in "))) else {
        return Err(HubError::usage("此人没有在这个网格替班", "the person is no stand-in in this grid"));
    };
    end(&mut tx, &tenant.id, by, h.role, &scope, hub.now()).await?;
    let detail = format!("by {by}");
    record(&mut tx, &tenant.id, hub.now(), Act { by: "admin", verb: "grid_stand_in_end", subject: &place.to_string(), detail: &detail }).await?;
    tx.commit().await?;
    Ok(())
}
