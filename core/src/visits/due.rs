//! When each door is due: the shortest rhythm that its residents' tags or the household itself ask for, counted from the
//! last time someone was met or reached. Due is a window, not a day.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::error::Result;

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
            let mut remove = connection.prepare_cached("DELETE FROM due WHERE household = ?1")?;
            let mut insert = connection.prepare_cached(&insert_sql("AND h.doc = ?1"))?;
            for household in some {
                if insert.execute([household])? == 0 {
                    remove.execute([household])?;
                }
            }
        }
    }
    Ok(())
}

/// A door that nobody has come to yet is due since it was registered.
fn insert_sql(which: &str) -> String {
    // Times from elsewhere may be missing or absurd; neither may stop the list for everyone else.
    let possible = |column: &str| format!("min(max({column}, 0), 253402300799)");
    let (at, visited) = (possible("coalesce(h.at, 0)"), possible("v.at"));
    format!(
        "INSERT OR REPLACE INTO due
         SELECT doc, days, met, tried,
           CASE WHEN met IS NULL THEN at ELSE met + days * 86400 - days * 864 * {WINDOW_PERCENT} END,
           CASE WHEN met IS NULL THEN at ELSE met + days * 86400 END
         FROM (SELECT h.doc, {at} AS at,
             min(CASE WHEN h.visit_every_days > 0 THEN h.visit_every_days ELSE 99999 END, coalesce(
               (SELECT min(r.every_days) FROM residents p JOIN visit_rules r
                 ON r.every_days > 0 AND instr(' ' || p.tags || ' ', ' ' || r.entry || ' ')
                 WHERE p.doc = h.doc AND p.tags <> '' AND coalesce(p.state, 'living') = 'living'), 99999)) AS days,
             (SELECT max({visited}) FROM visits v WHERE v.household = h.doc AND v.result IN ('met', 'phone')) AS met,
             (SELECT max({visited}) FROM visits v WHERE v.household = h.doc) AS tried
           FROM households h WHERE coalesce(h.state, 'lived_in') = 'lived_in' {which})
         WHERE days < 99999"
    )
}
