//! Ending a role: a worker hands a grid over, a cadre leaves the desk. The device stays enrolled for what else its person is.

use gridwalk_core::documents::Audience;
use gridwalk_core::ids::Id;
use gridwalk_core::rules::{Over, Role};
use sqlx::AnyConnection;

use super::invite::place_named;
use super::log::{Act, record};
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, all, exec};

/// What `role` is given over: the place of this name, that unit, the street, or the community.
///
/// # Errors
/// If what the role is given over is not named, or is not there; and for roles that nobody is invited to.
pub async fn scope_of(connection: &mut AnyConnection, tenant: &str, role: Role, grid: Option<&str>, unit: Option<Id>) -> Result<Audience> {
    match (role.over(), grid, unit) {
        _ if role == Role::Hub => Err(HubError::usage("不能邀请服务器自身", "the hub itself is not invited")),
        (Over::Circle, ..) => {
            Err(HubError::usage("圈的成员由圈的资料决定，请在手机上加入成员", "members of a circle are entered in the circle's document, on a phone"))
        }
        (Over::Place, Some(name), None) => Ok(Audience::Place(place_named(connection, tenant, name).await?)),
        (Over::Place, None, None) => Err(HubError::usage("这个角色请用 --grid 指明网格或楼栋", "name the grid or building of this role with --grid")),
        (Over::Unit, None, Some(unit)) => {
            let args = vec![Arg::text(tenant), Arg::text(&unit.to_string())];
            if all(connection, "SELECT doc FROM documents WHERE tenant_id = $1 AND doc = $2 AND kind = 'unit'", args).await?.is_empty() {
                return Err(HubError::usage("没有这个单位", "there is no such unit"));
            }
            Ok(Audience::Unit(unit))
        }
        (Over::Unit, None, None) => Err(HubError::usage("这个角色请用 --unit 指明单位", "name the unit of this role with --unit")),
        (Over::Street, None, None) => Ok(Audience::Street),
        (Over::Community, None, None) => Ok(Audience::Community),
        _ => {
            Err(HubError::usage(format!("{}只能指明{}", role.zh(), role.over().zh()), "this role is given over something else: see the roles in docs/rules.md"))
        }
    }
}

/// Ends `role` of `person` (of a role over a place or unit: over the grid of this name, or that unit). From the next sync on their phones hold only what
/// their other roles reach; what they did before they could hear of it is taken for 30 days.
///
/// # Errors
/// If the person does not hold that role.
pub async fn end_role(hub: &Hub, tenant: &Tenant, person: Id, role: Role, grid: Option<&str>, unit: Option<Id>) -> Result<()> {
    let mut tx = hub.store.write(&tenant.id).await?;
    let scope = scope_of(&mut tx, &tenant.id, role, grid, unit).await?;
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
