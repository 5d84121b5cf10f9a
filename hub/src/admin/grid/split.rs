//! Splitting: a part of a grid becomes a grid of its own. Households are chosen; a report goes with the household nearest to it, and
//! one without a position stays.

use std::collections::{BTreeMap, BTreeSet};

use gridwalk_core::documents::Audience;
use gridwalk_core::ids::Id;
use gridwalk_core::kinds::Input;
use gridwalk_core::places::{ReopenPlace, SplitPlace};
use gridwalk_core::rules::Role;
use gridwalk_core::text::one_form;

use super::people::names_of;
use super::{Grid, LIES_THERE, Plan, carry, grid_named, places_first, plan_of};
use crate::admin::scope::place_named;
use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::registry::act_log::{Act, record};
use crate::registry::grants::{Term, begin, end, held};
use crate::store::{Arg, Conn, Row, all};
use crate::sync::Batch;

/// What goes to the new grid.
#[derive(Debug, Clone)]
pub enum Choice {
    /// These micro-grids with all their households.
    MicroGrids(Vec<String>),
    /// These households, by id or by address as it is in the roster. A micro-grid all of whose households go goes with them; else
    /// it stays, and what goes lies in it no longer.
    Households(Vec<String>),
    /// Whatever came with a merge that is undone, and who came with it.
    Back,
}

/// A grid to be split.
#[derive(Debug, Clone)]
pub struct Split {
    /// The grid's name.
    pub from: String,
    /// The new grid's. The name of a grid that was merged into this one opens that one again.
    pub new: String,
    /// What goes there.
    pub choice: Choice,
    /// Who will serve it as grid workers.
    pub workers: Vec<Id>,
}

/// What a split will move.
///
/// # Errors
/// If there is no such grid, the new name is taken, or the choice names what is not in the grid.
pub async fn plan_split(hub: &Hub, tenant: &Tenant, split: &Split) -> Result<Plan> {
    let mut read = hub.store.read().await?;
    plan(&mut read, tenant, split).await.map(|(_, _, plan)| plan)
}

async fn plan(connection: &mut Conn, tenant: &Tenant, split: &Split) -> Result<(Id, Option<Grid>, Plan)> {
    let from = place_named(connection, &tenant.id, &split.from).await?;
    let new = grid_named(connection, &tenant.id, &split.new).await?;
    if new.as_ref().is_some_and(|g| g.id == from || ![g.successor, g.origin].contains(&Some(from))) {
        return Err(HubError::usage(format!("已有名为“{}”的网格", split.new), format!("there is a grid named {} already", split.new)));
    }
    let mut documents: Vec<(Id, String)> = match &split.choice {
        Choice::MicroGrids(names) => in_micro_grids(connection, &tenant.id, from, names, new.as_ref().map(|g| g.id)).await?,
        Choice::Households(named) => named_households(connection, &tenant.id, from, named, new.as_ref().map(|g| g.id)).await?,
        Choice::Back => came_with_merge(connection, &tenant.id, from, new.as_ref()).await?,
    };
    if !matches!(split.choice, Choice::Back) {
        let chosen: BTreeSet<Id> = documents.iter().filter(|(_, kind)| kind == "household").map(|(id, _)| *id).collect();
        if matches!(split.choice, Choice::Households(_)) {
            documents.splice(0..0, whole_micro_grids(connection, &tenant.id, from, &chosen).await?);
        }
        // Reports before households: a split that was cut off finds them by the households that are still here.
        let reports = reports_near(connection, &tenant.id, from, &chosen).await?.into_iter().map(|id| (id, "report".to_owned()));
        let first_household = documents.iter().position(|(_, kind)| kind == "household").unwrap_or(documents.len());
        documents.splice(first_household..first_household, reports);
    }
    let plan = plan_of(connection, &tenant.id, documents).await?;
    let workers = match &split.choice {
        Choice::Back => came_along(connection, &tenant.id, from, new.as_ref()).await?.into_iter().map(|(person, _)| person).collect(),
        _ => split.workers.clone(),
    };
    Ok((from, new, Plan { workers: names_of(connection, &tenant.id, workers).await?, ..plan }))
}

/// Splits a grid. Run again after a cut it goes on. The opposite is [`merge`](super::merge()) of the new grid into the old.
pub async fn split(hub: &Hub, tenant: &Tenant, split: &Split, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<u64> {
    let mut tx = hub.store.write(&tenant.id).await?;
    let (from, new, plan) = plan(&mut tx, tenant, split).await?;
    let mut batch = Batch::new(hub, tenant);
    let to = match &new {
        Some(closed) if closed.successor.is_some() => batch.run(&mut tx, Input::ReopenPlace(ReopenPlace { place: closed.id })).await?,
        Some(begun) => begun.id,
        None => batch.run(&mut tx, Input::SplitPlace(SplitPlace { origin: from, name: split.new.clone() })).await?,
    };
    batch.flush(&mut tx).await?;
    let (old_scope, new_scope) = (Audience::Place(from), Audience::Place(to));
    for worker in &split.workers {
        begin(&mut tx, tenant, *worker, Role::GridWorker, &new_scope, &Term::default()).await?;
    }
    let back = if matches!(split.choice, Choice::Back) { came_along(&mut tx, &tenant.id, from, new.as_ref()).await? } else { Vec::new() };
    for (person, role) in &back {
        begin(&mut tx, tenant, *person, *role, &new_scope, &Term::default()).await?;
    }
    let detail = format!("from {from} documents {}", plan.documents.len());
    record(&mut tx, &tenant.id, hub.now(), Act { by: "admin", verb: "grid_split", subject: &to.to_string(), detail: &detail }).await?;
    tx.commit().await?;
    let moved = carry(hub, tenant, from, to, &plan.documents, progress).await?;
    // Who came with the merge leaves with what came with it, once it is all there.
    if !back.is_empty() {
        let mut tx = hub.store.write(&tenant.id).await?;
        for (person, role) in back {
            end(&mut tx, &tenant.id, person, role, &old_scope, hub.now()).await?;
        }
        tx.commit().await?;
    }
    Ok(moved)
}

/// These micro-grids, and after them their households. A split that was cut off has moved some of that already.
async fn in_micro_grids(connection: &mut Conn, tenant: &str, from: Id, names: &[String], new: Option<Id>) -> Result<Vec<(Id, String)>> {
    let (mut micro_grids, mut households) = (Vec::new(), Vec::new());
    for name in names {
        let sql = "SELECT doc, place FROM places WHERE tenant_id = $1 AND name = $2 AND place IN ($3, $4) ORDER BY doc";
        let args = vec![Arg::text(tenant), Arg::text(&one_form(name)), Arg::text(&from.to_string()), Arg::Text(new.map(|id| id.to_string()))];
        let rows = all(connection, sql, args).await?;
        if rows.is_empty() {
            return Err(HubError::usage(format!("这个网格中没有微网格“{name}”"), format!("the grid has no micro-grid {name}")));
        }
        for row in rows {
            let id: String = row.get(0)?;
            if row.get::<String>(1)? == from.to_string() {
                micro_grids.push((id.parse()?, "place".to_owned()));
            }
            let sql = "SELECT doc FROM households WHERE tenant_id = $1 AND place = $2 AND micro_grid = $3 ORDER BY doc";
            for row in all(connection, sql, vec![Arg::text(tenant), Arg::text(&from.to_string()), Arg::text(&id)]).await? {
                households.push((row.get(0)?, "household".to_owned()));
            }
        }
    }
    micro_grids.append(&mut households);
    Ok(micro_grids)
}

/// The micro-grids of the grid that have households, all of which are chosen.
async fn whole_micro_grids(connection: &mut Conn, tenant: &str, from: Id, chosen: &BTreeSet<Id>) -> Result<Vec<(Id, String)>> {
    let sql = "SELECT micro_grid, doc FROM households WHERE tenant_id = $1 AND place = $2 AND micro_grid IS NOT NULL ORDER BY micro_grid, doc";
    let mut whole: BTreeMap<Id, bool> = BTreeMap::new();
    for row in all(connection, sql, vec![Arg::text(tenant), Arg::text(&from.to_string())]).await? {
        let (micro_grid, household): (String, String) = (row.get(0)?, row.get(1)?);
        *whole.entry(micro_grid.parse()?).or_insert(true) &= chosen.contains(&household.parse()?);
    }
    Ok(whole.into_iter().filter(|(_, whole)| *whole).map(|(id, _)| (id, "place".to_owned())).collect())
}

async fn named_households(connection: &mut Conn, tenant: &str, from: Id, named: &[String], new: Option<Id>) -> Result<Vec<(Id, String)>> {
    let mut found = Vec::new();
    for (line, text) in named.iter().enumerate() {
        let sql = "SELECT doc, place FROM households WHERE tenant_id = $1 AND (doc = $2 OR address = $5 AND place IN ($3, $4)) ORDER BY doc";
        let new = Arg::Text(new.map(|id| id.to_string()));
        let rows =
            all(connection, sql, vec![Arg::text(tenant), Arg::text(text), Arg::text(&from.to_string()), new.clone(), Arg::text(&one_form(text))]).await?;
        let [row] = &rows[..] else {
            let n = line + 1;
            return Err(HubError::usage(format!("第{n}行：没有这一户，或有多户"), format!("line {n}: no such household, or several")));
        };
        let place: Option<String> = row.get(1)?;
        match (place, new) {
            (Some(place), _) if place == from.to_string() => found.push((row.get(0)?, "household".to_owned())),
            // A split that was cut off has moved it already.
            (Some(place), Arg::Text(Some(new))) if place == new => {}
            _ => {
                let n = line + 1;
                return Err(HubError::usage(format!("第{n}行：这一户不在这个网格"), format!("line {n}: the household is not in this grid")));
            }
        }
    }
    Ok(found)
}

/// What lay in `new` when it was closed, and lies in `from` now.
async fn came_with_merge(connection: &mut Conn, tenant: &str, from: Id, new: Option<&Grid>) -> Result<Vec<(Id, String)>> {
    let closed = merged(from, new)?;
    let sql = format!(
        "SELECT DISTINCT d.doc, d.kind FROM audiences old
         JOIN audiences here ON here.tenant_id = old.tenant_id AND here.doc = old.doc AND here.audience = $4 AND here.left_at IS NULL
         JOIN documents d ON d.tenant_id = old.tenant_id AND d.doc = old.doc
         WHERE old.tenant_id = $1 AND old.audience = $2 AND old.left_time >= $5 AND {LIES_THERE} ORDER BY d.doc"
    );
    let args = [tenant, &Audience::Place(closed.id).to_string(), &from.to_string(), &Audience::Place(from).to_string()].map(Arg::text);
    places_first(&all(connection, &sql, args.into_iter().chain([Arg::int(closed.closed_at.unwrap_or(0))]).collect()).await?)
}

/// Who serves `from` because `new` was merged into it.
async fn came_along(connection: &mut Conn, tenant: &str, from: Id, new: Option<&Grid>) -> Result<Vec<(Id, Role)>> {
    let reason = format!("merge {}", merged(from, new)?.id);
    let held = held(connection, tenant, &Audience::Place(from)).await?;
    Ok(held.into_iter().filter(|h| h.reason.as_ref() == Some(&reason)).map(|h| (h.person, h.role)).collect())
}

fn merged(from: Id, new: Option<&Grid>) -> Result<&Grid> {
    let merged = new.filter(|g| g.successor == Some(from));
    merged.ok_or_else(|| HubError::usage("没有可撤销的合并", "there is no merge to be undone"))
}

/// Reports of the grid whose nearest household is a chosen one.
async fn reports_near(connection: &mut Conn, tenant: &str, from: Id, chosen: &BTreeSet<Id>) -> Result<Vec<Id>> {
    let args = vec![Arg::text(tenant), Arg::text(&from.to_string())];
    let with_position =
        |table: &str| format!("SELECT doc, lat, lon FROM {table} WHERE tenant_id = $1 AND place = $2 AND lat IS NOT NULL AND lon IS NOT NULL ORDER BY doc");
    let read = |row: &Row| -> Result<(Id, i64, i64)> { Ok((row.get(0)?, row.get(1)?, row.get(2)?)) };
    let households = all(connection, &with_position("households"), args.clone()).await?.iter().map(read).collect::<Result<Vec<_>>>()?;
    let mut near = Vec::new();
    for row in all(connection, &with_position("reports"), args).await? {
        let (id, lat, lon) = read(&row)?;
        let nearest = households.iter().min_by(|a, b| distance(lat, lon, a.1, a.2).total_cmp(&distance(lat, lon, b.1, b.2)));
        if nearest.is_some_and(|(household, ..)| chosen.contains(household)) {
            near.push(id);
        }
    }
    Ok(near)
}

/// How far two positions (millionths of a degree) of one grid are apart, for comparison only.
fn distance(lat: i64, lon: i64, other_lat: i64, other_lon: i64) -> f64 {
    // Millionths of a degree are far below 2⁵³.
    #[expect(clippy::cast_precision_loss)]
    let (north, east) = ((lat - other_lat) as f64, (lon - other_lon) as f64 * (lat as f64 / 1e6).to_radians().cos());
    north * north + east * east
}
