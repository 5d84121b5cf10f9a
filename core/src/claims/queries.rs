//! What screens ask about claims.

use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::line::Line;
use crate::error::Result;
use crate::ids::Id;
use crate::records::flags;

/// A claim on a place of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClaimView {
    /// The claim.
    pub id: Id,
    /// What is claimed (its id).
    pub thing: String,
    /// Whose claim it is (their id).
    pub person: String,
    /// Their name, empty if not known here.
    pub name: String,
    /// When they claimed, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// `granted` 已确认, `waiting` 候补, `released` 已退回, `double` 重复认领; `provisional` 待确认 until the hub has ranked it.
    pub outcome: String,
    /// Its rank among the claims on the thing; `None` until the hub has given one.
    pub rank: Option<i64>,
    /// Of one that waits: its place in the line, from 1.
    pub place_in_line: Option<i64>,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
}

/// A claim that was given back here is so before the hub says it.
const OUTCOME: &str = "CASE WHEN c.given_back = 1 THEN 'released' ELSE coalesce(c.outcome, 'provisional') END";
const STANDS: &str = "coalesce(c.given_back, 0) = 0 AND coalesce(c.outcome, '') NOT IN ('released', 'double')";

fn select(condition: &str) -> String {
    format!(
        "SELECT c.doc, coalesce(c.thing, ''), coalesce(c.person, ''), coalesce(p.name, ''), coalesce(c.at, 0), {OUTCOME}, c.rank,
           coalesce((SELECT a.line FROM activities a WHERE a.doc = c.thing), ''), {}
         FROM claims c LEFT JOIN persons p ON p.doc = c.person WHERE {condition} ORDER BY c.rank IS NULL, c.rank, c.doc",
        flags("c.doc")
    )
}

fn view(row: &Row<'_>) -> rusqlite::Result<ClaimView> {
    let (outcome, rank): (String, Option<i64>) = (row.get(5)?, row.get(6)?);
    let waits = outcome == "waiting";
    let line = Line::parse(&row.get::<_, String>(7)?);
    Ok(ClaimView {
        id: row.get(0)?,
        thing: row.get(1)?,
        person: row.get(2)?,
        name: row.get(3)?,
        at: row.get(4)?,
        outcome,
        rank,
        place_in_line: rank.filter(|_| waits).and_then(|rank| line.place(rank)),
        unsent: row.get(8)?,
    })
}

/// The claims on `thing` that this phone may read, in the order of their ranks, those without one last.
pub fn claims_on(connection: &Connection, thing: Id) -> Result<Vec<ClaimView>> {
    let mut statement = connection.prepare_cached(&select("c.thing = ?1"))?;
    let views = statement.query_map([thing], view)?;
    Ok(views.collect::<rusqlite::Result<_>>()?)
}

/// The claim of `person` on `thing` that stands: granted, waiting or not ranked yet.
pub fn my_claim(connection: &Connection, thing: Id, person: Id) -> Result<Option<ClaimView>> {
    let mut statement = connection.prepare_cached(&select(&format!("c.thing = ?1 AND c.person = ?2 AND {STANDS}")))?;
    Ok(statement.query_map(params![thing, person], view)?.next().transpose()?)
}

/// The same of whoever is signed in, in whichever community the thing is.
pub fn own_claim(connection: &Connection, thing: Id) -> Result<Option<ClaimView>> {
    let mut statement = connection.prepare_cached(&select(&format!("c.thing = ?1 AND c.person IN (SELECT person FROM tenants) AND {STANDS}")))?;
    Ok(statement.query_map([thing], view)?.next().transpose()?)
}
