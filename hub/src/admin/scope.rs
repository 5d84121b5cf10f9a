//! What a role is given over, by the names that people know it by.

use gridwalk_core::documents::Audience;
use gridwalk_core::ids::Id;
use gridwalk_core::places::document::MICRO_GRID;
use gridwalk_core::rules::{Role, RoleScope};
use gridwalk_core::text::one_form;

use crate::error::{HubError, Result};
use crate::store::{Arg, Conn, all};

/// What `role` is given over: the grid of this name or a micro-grid of it, that unit, the street, or the community.
///
/// # Errors
/// If what the role is given over is not named, or is not there; and for roles that nobody is invited to.
pub async fn scope_of(connection: &mut Conn, tenant: &str, role: Role, grid: Option<&str>, micro_grid: Option<&str>, unit: Option<Id>) -> Result<Audience> {
    match (role.over(), grid, micro_grid, unit) {
        _ if role == Role::Hub => Err(HubError::usage("不能邀请服务器自身", "the hub itself is not invited")),
        (RoleScope::Circle, ..) => {
            Err(HubError::usage("圈的成员由圈的资料决定，请在手机上加入成员", "members of a circle are entered in the circle's document, on a phone"))
        }
        (RoleScope::Place, Some(name), None, None) => Ok(Audience::Place(place_named(connection, tenant, name).await?)),
        (RoleScope::Place, None, None, None) => Err(HubError::usage("这个角色请用 --grid 指明网格", "name the grid of this role with --grid")),
        (RoleScope::MicroGrid, Some(grid), Some(name), None) => {
            let grid = place_named(connection, tenant, grid).await?;
            Ok(Audience::MicroGrid(micro_grid_named(connection, tenant, grid, name).await?))
        }
        (RoleScope::MicroGrid, _, _, None) => {
            Err(HubError::usage("这个角色请用 --grid 和 --micro-grid 指明网格和其中的微网格", "name the grid and its micro-grid with --grid and --micro-grid"))
        }
        (RoleScope::Unit, None, None, Some(unit)) => {
            let args = vec![Arg::text(tenant), Arg::text(&unit.to_string())];
            if all(connection, "SELECT doc FROM documents WHERE tenant_id = $1 AND doc = $2 AND kind = 'unit'", args).await?.is_empty() {
                return Err(HubError::usage("没有这个单位", "there is no such unit"));
            }
            Ok(Audience::Unit(unit))
        }
        (RoleScope::Unit, None, None, None) => Err(HubError::usage("这个角色请用 --unit 指明单位", "name the unit of this role with --unit")),
        (RoleScope::Street, None, None, None) => Ok(Audience::Street),
        (RoleScope::Community, None, None, None) => Ok(Audience::Community),
        _ => {
            Err(HubError::usage(format!("{}只能指明{}", role.zh(), role.over().zh()), "this role is given over something else: see the roles in docs/rules.md"))
        }
    }
}

/// The document of the grid of this name, if it is not closed.
pub async fn place_named(connection: &mut Conn, tenant: &str, name: &str) -> Result<Id> {
    let sql = "SELECT doc FROM places WHERE tenant_id = $1 AND name = $2 AND level <> $3 AND state = 'open' ORDER BY doc";
    let rows = all(connection, sql, [tenant, &one_form(name), MICRO_GRID].map(Arg::text).into()).await?;
    let row = rows
        .first()
        .ok_or_else(|| HubError::usage(format!("没有名为“{name}”的网格，或已撤并"), format!("there is no grid named {name}, or it was merged away")))?;
    Ok(row.get(0)?)
}

/// The document of the micro-grid of this name in that grid.
pub async fn micro_grid_named(connection: &mut Conn, tenant: &str, grid: Id, name: &str) -> Result<Id> {
    let sql = "SELECT doc FROM places WHERE tenant_id = $1 AND name = $2 AND place = $3 ORDER BY doc";
    let rows = all(connection, sql, [tenant, &one_form(name), &grid.to_string()].map(Arg::text).into()).await?;
    match &rows[..] {
        [only] => Ok(only.get(0)?),
        [] => Err(HubError::usage(format!("这个网格中没有微网格“{name}”"), format!("the grid has no micro-grid {name}"))),
        _ => Err(HubError::usage(format!("这个网格中有多个微网格叫“{name}”，请先改名"), format!("the grid has several micro-grids {name}; rename them first"))),
    }
}
