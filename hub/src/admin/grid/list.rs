//! The grids of a community at a glance: what lies in each and in its micro-grids, who serves them, and what became of those that
//! are closed.

use gridwalk_core::documents::Audience;
use gridwalk_core::ids::Id;
use gridwalk_core::places::document::MICRO_GRID;

use super::people::names_of;
use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::registry::grants::{end_due, held};
use crate::store::{Arg, Conn, all, one};

/// A grid.
#[derive(Debug, Clone)]
pub struct GridLine {
    /// Its name.
    pub name: String,
    /// Of a closed one, the name of its successor.
    pub successor: Option<String>,
    /// Of one that was split from another, that one's name.
    pub origin: Option<String>,
    /// Since when it is open, in seconds since the Unix epoch (UTC).
    pub opened_at: Option<i64>,
    /// Since when it is closed.
    pub closed_at: Option<i64>,
    /// Households in it.
    pub households: i64,
    /// Reports in it.
    pub reports: i64,
    /// Who serves it, and until when if that is limited (seconds since the Unix epoch, UTC).
    pub workers: Vec<(String, Option<i64>)>,
    /// Its micro-grids, by name. Their households are counted in the grid.
    pub micro_grids: Vec<MicroGridLine>,
}

/// A micro-grid.
#[derive(Debug, Clone)]
pub struct MicroGridLine {
    /// Its name.
    pub name: String,
    /// Households in it.
    pub households: i64,
    /// Who leads it.
    pub leads: Vec<String>,
}

/// All grids, by name, the closed ones last.
pub async fn list(hub: &Hub, tenant: &Tenant) -> Result<Vec<GridLine>> {
    end_due(hub, &tenant.id).await?;
    let mut read = hub.store.read().await?;
    let sql = "SELECT p.doc, p.name, s.name, o.name, p.opened_at, p.closed_at FROM places p
        LEFT JOIN places s ON s.tenant_id = p.tenant_id AND s.doc = p.successor
        LEFT JOIN places o ON o.tenant_id = p.tenant_id AND o.doc = p.origin
        WHERE p.tenant_id = $1 AND p.level <> $2 ORDER BY p.state DESC, p.name, p.doc";
    let mut lines = Vec::new();
    for row in all(&mut read, sql, vec![Arg::text(&tenant.id), Arg::text(MICRO_GRID)]).await? {
        let id: Id = row.get(0)?;
        let mut workers = Vec::new();
        for h in held(&mut read, &tenant.id, &Audience::Place(id)).await? {
            let name = names_of(&mut read, &tenant.id, [h.person]).await?.pop().unwrap_or_default();
            workers.push((name, h.due_at));
        }
        lines.push(GridLine {
            name: row.get(1)?,
            successor: row.get(2)?,
            origin: row.get(3)?,
            opened_at: row.get(4)?,
            closed_at: row.get(5)?,
            households: count(&mut read, &tenant.id, "households", "place", id).await?,
            reports: count(&mut read, &tenant.id, "reports", "place", id).await?,
            workers,
            micro_grids: micro_grids(&mut read, &tenant.id, id).await?,
        });
    }
    Ok(lines)
}

async fn micro_grids(connection: &mut Conn, tenant: &str, grid: Id) -> Result<Vec<MicroGridLine>> {
    let sql = "SELECT doc, name FROM places WHERE tenant_id = $1 AND place = $2 ORDER BY name, doc";
    let mut lines = Vec::new();
    for row in all(connection, sql, vec![Arg::text(tenant), Arg::text(&grid.to_string())]).await? {
        let id: Id = row.get(0)?;
        let leads = held(connection, tenant, &Audience::MicroGrid(id)).await?;
        lines.push(MicroGridLine {
            name: row.get(1)?,
            households: count(connection, tenant, "households", "micro_grid", id).await?,
            leads: names_of(connection, tenant, leads.iter().map(|h| h.person)).await?,
        });
    }
    Ok(lines)
}

/// How many rows of `table` have `place` in that column.
async fn count(connection: &mut Conn, tenant: &str, table: &str, column: &str, place: Id) -> Result<i64> {
    let sql = format!("SELECT count(*) FROM {table} WHERE tenant_id = $1 AND {column} = $2");
    Ok(one(connection, &sql, vec![Arg::text(tenant), Arg::text(&place.to_string())]).await?.get(0)?)
}
