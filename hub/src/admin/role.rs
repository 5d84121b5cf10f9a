//! Roles and their intervals. Ending one: a worker hands a grid over, a cadre leaves the desk, a stand-in's time is over. The
//! device stays enrolled for what else its person is.

use gridwalk_core::documents::Audience;
use gridwalk_core::ids::Id;
use gridwalk_core::rules::{Over, Role};
use sqlx::{AnyConnection, Row};

use super::invite::{micro_grid_named, place_named};
use super::log::{Act, record};
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, all, exec};

/// A role that someone holds, over a scope.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub person: Id,
    pub role: Role,
    pub due_at: Option<i64>,
    pub reason: Option<String>,
}

/// What a role is granted for.
#[derive(Debug, Clone, Default)]
pub(super) struct Term {
    /// When the hub ends it by itself, in seconds since the Unix epoch (UTC).
    pub due_at: Option<i64>,
    /// Where it comes from, `None` if it is granted as such.
    pub reason: Option<String>,
}

/// Begins `role` of `person` over `scope`. One that is held as such stays as it is; one that came from elsewhere takes the new
/// term. Returns whether anything changed.
pub(super) async fn begin(connection: &mut AnyConnection, tenant: &Tenant, person: Id, role: Role, scope: &Audience, term: &Term) -> Result<bool> {
    let key = [tenant.id.as_str(), &person.to_string(), &role.to_string(), &scope.to_string()].map(Arg::text);
    let args = key.into_iter().chain([Arg::Int(term.due_at), Arg::Text(term.reason.clone())]).collect::<Vec<_>>();
    let sql = "SELECT reason FROM grants WHERE tenant_id = $1 AND person = $2 AND role = $3 AND scope = $4 AND until_number IS NULL";
    let sql = match all(connection, sql, args[..4].to_vec()).await?.first() {
        Some(row) if row.try_get::<Option<String>, _>(0)?.is_none() => return Ok(false),
        Some(_) => "UPDATE grants SET due_at = $5, reason = $6 WHERE tenant_id = $1 AND person = $2 AND role = $3 AND scope = $4 AND until_number IS NULL",
        None => {
            "INSERT INTO grants (tenant_id, person, role, scope, from_number, due_at, reason)
             SELECT tenant_id, CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), number, CAST($5 AS BIGINT), CAST($6 AS TEXT) FROM tenants WHERE tenant_id = $1"
        }
    };
    Ok(exec(connection, sql, args).await? > 0)
}

/// Ends `role` of `person` over `scope` at `at` (seconds since the Unix epoch, UTC). Returns whether it was held.
pub(super) async fn end(connection: &mut AnyConnection, tenant: &str, person: Id, role: Role, scope: &Audience, at: i64) -> Result<bool> {
    // The end has a number of its own: what was made at the number before it came before the end.
    exec(connection, "UPDATE tenants SET number = number + 1 WHERE tenant_id = $1", vec![Arg::text(tenant)]).await?;
    let args = [tenant, &person.to_string(), &role.to_string(), &scope.to_string()].map(Arg::text).into_iter().chain([Arg::int(at)]);
    let sql = "UPDATE grants SET until_number = (SELECT number FROM tenants WHERE tenant_id = $1), until_at = $5
        WHERE tenant_id = $1 AND person = $2 AND role = $3 AND scope = $4 AND until_number IS NULL";
    Ok(exec(connection, sql, args.collect()).await? > 0)
}

/// Who holds a role over `scope` now.
pub(super) async fn held(connection: &mut AnyConnection, tenant: &str, scope: &Audience) -> Result<Vec<Held>> {
    let sql = "SELECT person, role, due_at, reason FROM grants WHERE tenant_id = $1 AND scope = $2 AND until_number IS NULL ORDER BY person, role";
    let rows = all(connection, sql, vec![Arg::text(tenant), Arg::text(&scope.to_string())]).await?;
    let one = |r: &sqlx::any::AnyRow| {
        let (person, role): (String, String) = (r.try_get(0)?, r.try_get(1)?);
        Ok(Held { person: person.parse()?, role: role.parse()?, due_at: r.try_get(2)?, reason: r.try_get(3)? })
    };
    rows.iter().map(one).collect()
}

/// Ends every role whose last day is over, as of that day. Called before a community's phones are answered.
pub async fn end_due(hub: &Hub, tenant: &str) -> Result<()> {
    let sql = "SELECT person, role, scope, due_at FROM grants WHERE tenant_id = $1 AND due_at <= $2 AND until_number IS NULL ORDER BY person, role, scope";
    let args = vec![Arg::text(tenant), Arg::int(hub.now())];
    let mut read = hub.store.read().await?;
    if all(&mut read, sql, args.clone()).await?.is_empty() {
        return Ok(());
    }
    drop(read);
    let mut tx = hub.store.write(tenant).await?;
    for row in all(&mut tx, sql, args).await? {
        let (person, role, scope): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        end(&mut tx, tenant, person.parse()?, role.parse()?, &scope.parse()?, row.try_get(3)?).await?;
        record(&mut tx, tenant, hub.now(), Act { by: "hub", verb: "end_role", subject: &person, detail: &format!("{role} {scope} due") }).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// What `role` is given over: the grid of this name or a micro-grid of it, that unit, the street, or the community.
///
/// # Errors
/// If what the role is given over is not named, or is not there; and for roles that nobody is invited to.
pub async fn scope_of(
    connection: &mut AnyConnection,
    tenant: &str,
    role: Role,
    grid: Option<&str>,
    micro_grid: Option<&str>,
    unit: Option<Id>,
) -> Result<Audience> {
    match (role.over(), grid, micro_grid, unit) {
        _ if role == Role::Hub => Err(HubError::usage("不能邀请服务器自身", "the hub itself is not invited")),
        (Over::Circle, ..) => {
            Err(HubError::usage("圈的成员由圈的资料决定，请在手机上加入成员", "members of a circle are entered in the circle's document, on a phone"))
        }
        (Over::Place, Some(name), None, None) => Ok(Audience::Place(place_named(connection, tenant, name).await?)),
        (Over::Place, None, None, None) => Err(HubError::usage("这个角色请用 --grid 指明网格", "name the grid of this role with --grid")),
        (Over::MicroGrid, Some(grid), Some(name), None) => {
            let grid = place_named(connection, tenant, grid).await?;
            Ok(Audience::MicroGrid(micro_grid_named(connection, tenant, grid, name).await?))
        }
        (Over::MicroGrid, _, _, None) => {
            Err(HubError::usage("这个角色请用 --grid 和 --micro-grid 指明网格和其中的微网格", "name the grid and its micro-grid with --grid and --micro-grid"))
        }
        (Over::Unit, None, None, Some(unit)) => {
            let args = vec![Arg::text(tenant), Arg::text(&unit.to_string())];
            if all(connection, "SELECT doc FROM documents WHERE tenant_id = $1 AND doc = $2 AND kind = 'unit'", args).await?.is_empty() {
                return Err(HubError::usage("没有这个单位", "there is no such unit"));
            }
            Ok(Audience::Unit(unit))
        }
        (Over::Unit, None, None, None) => Err(HubError::usage("这个角色请用 --unit 指明单位", "name the unit of this role with --unit")),
        (Over::Street, None, None, None) => Ok(Audience::Street),
        (Over::Community, None, None, None) => Ok(Audience::Community),
        _ => {
            Err(HubError::usage(format!("{}只能指明{}", role.zh(), role.over().zh()), "this role is given over something else: see the roles in docs/rules.md"))
        }
    }
}

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
