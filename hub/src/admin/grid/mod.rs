//! Grids that change while phones are offline: split, merged, handed to another worker or for a while to a stand-in. Each act has
//! its opposite. What moves is moved in pieces, each whole in itself, so that phones are answered between them; an act that was cut off
//! goes on where it was when it is run again.

mod hand_over;
mod list;
mod merge;
mod people;
mod split;

pub use hand_over::{StandIn, end_stand_in, hand_over, stand_in};
pub use list::{GridLine, MicroGridLine, list};
pub use merge::{merge, plan_merge};
pub use people::person_named;
pub use split::{Choice, Split, plan_split, split};

use gridwalk_core::documents::Audience;
use gridwalk_core::ids::Id;
use gridwalk_core::kinds::Input;
use gridwalk_core::places::MoveTo;
use gridwalk_core::places::document::MICRO_GRID;
use gridwalk_core::text::one_form;

use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, Conn, Row, all, select_in};
use crate::sync::Batch;

/// Documents that one transaction moves, with everything about them.
const PIECE: usize = 25;

/// What an act will move.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Documents, in order.
    pub documents: Vec<Id>,
    /// How many of them are households.
    pub households: u64,
    /// How many are reports.
    pub reports: u64,
    /// How many are persons.
    pub persons: u64,
    /// How many are micro-grids.
    pub micro_grids: u64,
    /// Visits and whatever else is about them: they go along.
    pub events: u64,
    /// Who serves the grid, by name, and goes on there.
    pub workers: Vec<String>,
}

/// A grid as the read model has it.
#[derive(Debug, Clone)]
struct Grid {
    id: Id,
    successor: Option<Id>,
    origin: Option<Id>,
    closed_at: Option<i64>,
}

/// The grid of this name: the open one, or else the one closed last.
async fn grid_named(connection: &mut Conn, tenant: &str, name: &str) -> Result<Option<Grid>> {
    let sql = "SELECT doc, successor, origin, closed_at FROM places
        WHERE tenant_id = $1 AND name = $2 AND level <> $3 ORDER BY state DESC, closed_at DESC, doc";
    let rows = all(connection, sql, vec![Arg::text(tenant), Arg::text(&one_form(name)), Arg::text(MICRO_GRID)]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let id = |n: usize| row.get::<Option<String>>(n);
    Ok(Some(Grid {
        id: row.get(0)?,
        successor: id(1)?.map(|t| t.parse()).transpose()?,
        origin: id(2)?.map(|t| t.parse()).transpose()?,
        closed_at: row.get(3)?,
    }))
}

fn no_grid(name: &str) -> HubError {
    HubError::usage(format!("没有名为“{name}”的网格"), format!("there is no grid named {name}"))
}

/// Which of the documents `d` lie in the place `$3` by a field of their own: not the place itself, nor one that it succeeds.
const LIES_THERE: &str = "d.about IS NULL AND (d.kind <> 'place' OR d.doc IN (SELECT doc FROM places WHERE tenant_id = $1 AND place = $3))";

/// What lies in a place by a field of its own, and its kind; micro-grids before what lies in them too.
async fn lying_in(connection: &mut Conn, tenant: &str, place: Id) -> Result<Vec<(Id, String)>> {
    // What left an audience has no other entry in it.
    let sql = format!(
        "SELECT DISTINCT d.doc, d.kind FROM entries e JOIN documents d ON d.tenant_id = e.tenant_id AND d.doc = e.doc
         WHERE e.tenant_id = $1 AND e.audience = $2 AND e.what <> 2 AND {LIES_THERE} ORDER BY d.doc"
    );
    let args = [tenant, &Audience::Place(place).to_string(), &place.to_string()].map(Arg::text);
    places_first(&all(connection, &sql, args.into()).await?)
}

/// Documents with their kinds, places before what lies in them.
fn places_first(rows: &[Row]) -> Result<Vec<(Id, String)>> {
    let mut found = rows.iter().map(|r| Ok((r.get(0)?, r.get(1)?))).collect::<Result<Vec<(Id, String)>>>()?;
    found.sort_by_key(|(_, kind)| kind != "place");
    Ok(found)
}

/// Counts what is about to move.
async fn plan_of(connection: &mut Conn, tenant: &str, documents: Vec<(Id, String)>) -> Result<Plan> {
    let count = |kind: &str| documents.iter().filter(|(_, k)| k == kind).count() as u64;
    let mut plan = Plan { households: count("household"), reports: count("report"), persons: count("person"), micro_grids: count("place"), ..Plan::default() };
    let keys: Vec<String> = documents.iter().map(|(id, _)| id.to_string()).collect();
    for row in select_in(connection, "SELECT count(*) FROM documents WHERE tenant_id = $1 AND about IN ({in})", tenant, &keys).await? {
        plan.events += u64::try_from(row.get::<i64>(0)?).unwrap_or(0);
    }
    plan.documents = documents.into_iter().map(|(id, _)| id).collect();
    Ok(plan)
}

/// Moves these documents from one place to another, those that still lie there. `progress` hears how many have been looked at.
async fn carry(hub: &Hub, tenant: &Tenant, from: Id, to: Id, documents: &[Id], progress: &(dyn Fn(usize, usize) + Sync)) -> Result<u64> {
    let mut moved = 0;
    for (n, piece) in documents.chunks(PIECE).enumerate() {
        let mut tx = hub.store.write(&tenant.id).await?;
        let mut batch = Batch::new(hub, tenant);
        batch.load(&mut tx, piece.iter().copied()).await?;
        for document in piece {
            // It may have been moved by hand since it was looked for.
            if batch.loaded(*document).and_then(|doc| doc.tree().id("place")) == Some(from) {
                batch.run(&mut tx, Input::MoveTo(MoveTo { document: *document, place: to })).await?;
                moved += 1;
            }
        }
        batch.flush(&mut tx).await?;
        tx.commit().await?;
        progress((n * PIECE + piece.len()).min(documents.len()), documents.len());
    }
    Ok(moved)
}
