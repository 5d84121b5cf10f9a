//! When each door is due: the shortest rhythm that its residents' tags or the household itself ask for, counted from the
//! last time someone was met or reached. Due is a window, not a day.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::error::Result;
use crate::store::to_json;

/// How much of the rhythm before the due day the window opens, in percent.
pub const WINDOW_PERCENT: i64 = 20;

/// Brings the `due` rows of these households (or of all) up to date from the other tables.
pub fn refresh_due(connection: &Connection, households: Option<&BTreeSet<String>>) -> Result<()> {
    match households {
        None => {
            connection.execute_batch("DELETE FROM due")?;
            connection.execute_batch(&insert_sql(""))?;
        }
        Some(some) => {
            // In one statement each: a large page touches thousands.
            let some = to_json(some)?;
            connection.prepare_cached("DELETE FROM due WHERE household IN (SELECT value FROM json_each(?1))")?.execute([&some])?;
            connection.prepare_cached(&insert_sql("AND h.doc IN (SELECT value FROM json_each(?1))"))?.execute([&some])?;
        }
    }
    Ok(())
}

/// Counts a new visit in the row of its household. What [`refresh_due`] would find, found in one row.
pub fn count_visit(connection: &Connection, visit: &str) -> Result<()> {
    let (visited, met) = (possible("at"), "CASE WHEN x.met THEN max(coalesce(last_visit_at, x.at), x.at) ELSE last_visit_at END");
    let (from, at) = (due_from(met), due_at(met));
    let sql = format!(
        "UPDATE due SET last_visit_at = {met}, last_attempt_at = max(coalesce(last_attempt_at, x.at), x.at),
           due_from = coalesce({from}, due_from), due_at = coalesce({at}, due_at)
         FROM (SELECT household, {visited} AS at, result IN {MET} AS met FROM visits WHERE doc = ?1 AND at IS NOT NULL) x
         WHERE due.household = x.household"
    );
    connection.prepare_cached(&sql)?.execute([visit])?;
    Ok(())
}

/// Results by which someone was met or reached.
const MET: &str = "('met', 'phone')";

/// Times from elsewhere may be missing or absurd; neither may stop the list for everyone else.
fn possible(column: &str) -> String {
    format!("min(max({column}, 0), 253402300799)")
}

/// When the window opens after a visit at `met`.
fn due_from(met: &str) -> String {
    format!("({met}) + every_days * 86400 - every_days * 864 * {WINDOW_PERCENT}")
}

/// The due day after a visit at `met`.
fn due_at(met: &str) -> String {
    format!("({met}) + every_days * 86400")
}

/// A door that nobody has come to yet counts from the day it was registered: its window is open, and it is overdue when its rhythm has
/// passed without anyone.
fn insert_sql(which: &str) -> String {
    let (at, visited) = (possible("coalesce(h.at, 0)"), possible("v.at"));
    let (from, due, never) = (due_from("met"), due_at("met"), due_at("at"));
    format!(
        "INSERT INTO due
         SELECT doc, every_days, met, tried, coalesce({from}, at), coalesce({due}, {never})
         FROM (SELECT h.doc, {at} AS at,
             min(CASE WHEN h.visit_every_days > 0 THEN h.visit_every_days ELSE 99999 END, coalesce(
               (SELECT min(r.every_days) FROM residents p JOIN visit_rules r
                 ON r.every_days > 0 AND instr(' ' || p.tags || ' ', ' ' || r.entry || ' ')
                 WHERE p.doc = h.doc AND p.tags <> '' AND coalesce(p.state, 'living') = 'living'), 99999)) AS every_days,
             (SELECT max({visited}) FROM visits v WHERE v.household = h.doc AND v.result IN {MET}) AS met,
             (SELECT max({visited}) FROM visits v WHERE v.household = h.doc) AS tried
           FROM households h WHERE coalesce(h.state, 'lived_in') = 'lived_in' {which})
         WHERE every_days < 99999"
    )
}
