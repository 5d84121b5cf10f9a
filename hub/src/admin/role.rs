//! Ending a role: a worker hands a grid over, a cadre leaves the desk. The device stays enrolled for what else its person is.

use gridwalk_core::ids::Id;
use gridwalk_core::rules::Role;

use super::scope::scope_of;
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::registry::act_log::{Act, record};
use crate::registry::grants::end;

/// Ends `role` of `person` (of a role over a grid, micro-grid or unit: over the one of this name, or that unit). From the next
/// sync on their phones hold only what
/// their other roles reach; what they did before they could hear of it is taken for 30 days.
///
/// # Errors
/// If the person does not hold that role.
pub async fn end_role(hub: &Hub, tenant: &Tenant, person: Id, role: Role, grid: Option<&str>, micro_grid: Option<&str>, unit: Option<Id>) -> Result<()> {
    let mut tx = hub.store.write(&tenant.id).await?;
    let scope = scope_of(&mut tx, &tenant.id, role, grid, micro_grid, unit).await?;
    if !end(&mut tx, &tenant.id, person, role, &scope, hub.now()).await? {
        return Err(HubError::usage("此人没有这个角色", "the person does not hold this role"));
    }
    let detail = format!("{role} {scope}");
    record(&mut tx, &tenant.id, hub.now(), Act { by: "admin", verb: "end_role", subject: &person.to_string(), detail: &detail }).await?;
    tx.commit().await?;
    Ok(())
}
