//! What screens ask about reports.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use crate::documents::Proof;
use crate::error::Result;
use crate::ids::Id;

/// A report with its folded status.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportView {
    /// The report.
    pub id: Id,
    /// What it is about.
    pub title: String,
    /// All there is to say.
    pub detail: String,
    /// The code of its category.
    pub category: String,
    /// 一般, 较急 or 紧急.
    pub urgency: String,
    /// Its number where it was imported from.
    pub number: String,
    /// Who raised it (a person's id).
    pub by: String,
    /// When, by the best time known; seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether no hub has confirmed that time.
    pub unanchored: bool,
    /// Whether none ever will: it is not later than the hub received it, and that is all that is known.
    pub unknowable: bool,
    /// The code of its status.
    pub status: String,
    /// Since when it has that status.
    pub status_since: i64,
}

/// A step of a report, in its place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepView {
    /// The step.
    pub id: Id,
    /// Its kind's code.
    pub kind: String,
    /// What was done or said.
    pub note: String,
    /// Who did it.
    pub by: String,
    /// When, by the best time known; seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether no hub has confirmed that time.
    pub unanchored: bool,
    /// Whether none ever will: it is not later than the hub received it, and that is all that is known.
    pub unknowable: bool,
    /// Whether it applied; one that came too late stays visible as such.
    pub applied: bool,
}

const COLUMNS: &str = "doc, coalesce(title, ''), coalesce(detail, ''), coalesce(category, ''), coalesce(urgency, ''), coalesce(number, ''), coalesce(by, ''), at, status, status_since, coalesce(unanchored, 1)";

fn view(r: &Row<'_>) -> rusqlite::Result<ReportView> {
    Ok(ReportView {
        id: r.get(0)?,
        title: r.get(1)?,
        detail: r.get(2)?,
        category: r.get(3)?,
        urgency: r.get(4)?,
        number: r.get(5)?,
        by: r.get(6)?,
        at: r.get::<_, Option<i64>>(7)?.unwrap_or(0),
        unanchored: r.get(10)?,
        unknowable: r.get::<_, i64>(10)? == Proof::Unknowable as i64,
        status: r.get(8)?,
        status_since: r.get(9)?,
    })
}

/// The reports that are neither closed nor declined, oldest first.
pub fn open_reports(connection: &Connection, limit: u32) -> Result<Vec<ReportView>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM reports WHERE status NOT IN ('closed', 'declined') ORDER BY at, doc LIMIT ?1"))?;
    Ok(statement.query_map(params![limit], view)?.collect::<rusqlite::Result<_>>()?)
}

/// The report `id` with its steps in order.
pub fn report(connection: &Connection, id: Id) -> Result<Option<(ReportView, Vec<StepView>)>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM reports WHERE doc = ?1"))?;
    let Some(found) = statement.query_row([id], view).optional()? else { return Ok(None) };
    let mut steps = connection.prepare_cached(
        "SELECT entry, coalesce(kind, ''), coalesce(note, ''), coalesce(by, ''), coalesce(at, 0), applied, coalesce(unanchored, 1) FROM report_steps WHERE doc = ?1 ORDER BY position",
    )?;
    let steps = steps.query_map([id], |r| {
        let (unanchored, unknowable) = (r.get(6)?, r.get::<_, i64>(6)? == Proof::Unknowable as i64);
        Ok(StepView { id: r.get(0)?, kind: r.get(1)?, note: r.get(2)?, by: r.get(3)?, at: r.get(4)?, unanchored, unknowable, applied: r.get(5)? })
    })?;
    Ok(Some((found, steps.collect::<rusqlite::Result<_>>()?)))
}
