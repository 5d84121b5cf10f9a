//! Roles and their intervals: who holds which role over what, from which number of the sequence on and until which.

use gridwalk_core::documents::Audience;
use gridwalk_core::ids::Id;
use gridwalk_core::rules::Role;

use super::act_log::{Act, record};
use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, Conn, Row, all, exec};

/// A role that someone holds, over a scope.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub person: Id,
    pub role: Role,
    pub due_at: Option<i64>,
    pub reason: Option<String>,
}

/// What a role is granted for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Term {
    /// When the hub ends it by itself, in seconds since the Unix epoch (UTC).
    pub due_at: Option<i64>,
    /// Where it comes from, `None` if it is granted as such.
    pub reason: Option<String>,
}

/// Begins `role` of `person` over `scope`. One that is held as such stays as it is; one that came from elsewhere takes the new
/// term. Returns whether anything changed.
pub(crate) async fn begin(connection: &mut Conn, tenant: &Tenant, person: Id, role: Role, scope: &Audience, term: &Term) -> Result<bool> {
    let key = [tenant.id.as_str(), &person.to_string(), &role.to_string(), &scope.to_string()].map(Arg::text);
    let args = key.into_iter().chain([Arg::Int(term.due_at), Arg::Text(term.reason.clone())]).collect::<Vec<_>>();
    let sql = "SELECT reason FROM grants WHERE tenant_id = $1 AND person = $2 AND role = $3 AND scope = $4 AND until_number IS NULL";
    let sql = match all(connection, sql, args[..4].to_vec()).await?.first() {
        Some(row) if row.get::<Option<String>>(0)?.is_none() => return Ok(false),
        Some(_) => "UPDATE grants SET due_at = $5, reason = $6 WHERE tenant_id = $1 AND person = $2 AND role = $3 AND scope = $4 AND until_number IS NULL",
        None => {
            "INSERT INTO grants (tenant_id, person, role, scope, from_number, due_at, reason)
             SELECT tenant_id, CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), number, CAST($5 AS BIGINT), CAST($6 AS TEXT) FROM tenants WHERE tenant_id = $1"
        }
    };
    Ok(exec(connection, sql, args).await? > 0)
}

/// Ends `role` of `person` over `scope` at `at` (seconds since the Unix epoch, UTC). Returns whether it was held.
pub(crate) async fn end(connection: &mut Conn, tenant: &str, person: Id, role: Role, scope: &Audience, at: i64) -> Result<bool> {
    // The end has a number of its own: what was made at the number before it came before the end.
    exec(connection, "UPDATE tenants SET number = number + 1 WHERE tenant_id = $1", vec![Arg::text(tenant)]).await?;
    let args = [tenant, &person.to_string(), &role.to_string(), &scope.to_string()].map(Arg::text).into_iter().chain([Arg::int(at)]);
    let sql = "UPDATE grants SET until_number = (SELECT number FROM tenants WHERE tenant_id = $1), until_at = $5
        WHERE tenant_id = $1 AND person = $2 AND role = $3 AND scope = $4 AND until_number IS NULL";
    Ok(exec(connection, sql, args.collect()).await? > 0)
}

/// Who holds a role over `scope` now.
pub(crate) async fn held(connection: &mut Conn, tenant: &str, scope: &Audience) -> Result<Vec<Held>> {
    let sql = "SELECT person, role, due_at, reason FROM grants WHERE tenant_id = $1 AND scope = $2 AND until_number IS NULL ORDER BY person, role";
    let rows = all(connection, sql, vec![Arg::text(tenant), Arg::text(&scope.to_string())]).await?;
    let one = |r: &Row| {
        let (person, role): (String, String) = (r.get(0)?, r.get(1)?);
        Ok(Held { person: person.parse()?, role: role.parse()?, due_at: r.get(2)?, reason: r.get(3)? })
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
        let (person, role, scope): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        end(&mut tx, tenant, person.parse()?, role.parse()?, &scope.parse()?, row.get(3)?).await?;
        record(&mut tx, tenant, hub.now(), Act { by: "hub", verb: "end_role", subject: &person, detail: &format!("{role} {scope} due") }).await?;
    }
    tx.commit().await?;
    Ok(())
}
