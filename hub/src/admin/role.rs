//! Ending a role: a worker hands a grid over, a cadre leaves the desk. The device stays enrolled for what else its person is.

use gridwalk_core::documents::Audience;
use gridwalk_core::ids::Id;
use gridwalk_core::rules::Role;

use super::invite::place_named;
use super::log::{Act, record};
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, exec};

/// Ends `role` of `person` (for a grid worker: over the grid of this name). From the next sync on their phones hold only what
/// their other roles reach; what they did before they could hear of it is taken for 30 days.
///
/// # Errors
/// If the person does not hold that role.
pub async fn end_role(hub: &Hub, tenant: &Tenant, person: Id, role: Role, grid: Option<&str>) -> Result<()> {
    let mut tx = hub.store.write(&tenant.id).await?;
    let scope = match grid {
        Some(name) => Audience::Place(place_named(&mut tx, &tenant.id, name).await?),
        None => Audience::Community,
    };
    // The end has a number of its own: what was made at the number before it came before the end.
    exec(&mut tx, "UPDATE tenants SET number = number + 1 WHERE tenant_id = $1", vec![Arg::text(&tenant.id)]).await?;
    let args = [tenant.id.as_str(), &person.to_string(), &role.to_string(), &scope.to_string()].map(Arg::text).into_iter().chain([Arg::int(hub.now())]);
    let sql = "UPDATE grants SET until_number = (SELECT number FROM tenants WHERE tenant_id = $1), until_at = $5
        WHERE tenant_id = $1 AND person = $2 AND role = $3 AND scope = $4 AND until_number IS NULL";
    if exec(&mut tx, sql, args.collect()).await? == 0 {
        return Err(HubError::usage("此人没有这个角色", "the person does not hold this role"));
    }
    let detail = format!("{role} {scope}");
    record(&mut tx, &tenant.id, hub.now(), Act { by: "admin", verb: "end_role", subject: &person.to_string(), detail: &detail }).await?;
    tx.commit().await?;
    Ok(())
}
