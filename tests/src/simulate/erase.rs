//! What is erased at the hub, and that none of it comes back: to no phone and not into the hub's files.

use std::collections::BTreeSet;

use gridwalk_core::{Id, Phone};
use gridwalk_hub::HubError;
use gridwalk_hub::admin::{self, Target};
use gridwalk_hub::store::{Conn, DB_FILE, all};
use gridwalk_hub::sync::Erase;
use rusqlite::types::ValueRef;

use super::event::Event;
use super::world::World;
use super::{Done, Failure, defect};

impl World<'_> {
    /// Something that the hub has is erased, as its administrator does.
    pub(super) async fn erase(&mut self, event: &Event) -> Done {
        let sql = match event.which % 8 {
            0 | 1 => "SELECT doc, doc FROM households ORDER BY doc",
            2..=4 => "SELECT doc, entry FROM residents ORDER BY doc, entry",
            5 => "SELECT doc, doc FROM reports ORDER BY doc",
            6 => "SELECT doc, doc FROM visits ORDER BY doc",
            _ => "SELECT doc, doc FROM households UNION SELECT doc, doc FROM reports ORDER BY 1",
        };
        let process = self.line.hub.lock().await;
        let (hub, tenant) = (&process.hub, &process.tenant);
        let mut read = hub.store.read().await.map_err(defect)?;
        let rows = all(&mut read, sql, vec![]).await.map_err(defect)?;
        let Some(row) = rows.get(event.value % rows.len().max(1)) else { return Ok(()) };
        let id = |n: usize| row.get::<String>(n).map_err(defect)?.parse::<Id>().map_err(defect);
        let (doc, entry) = (id(0)?, id(1)?);
        let target = match event.which % 8 {
            2..=4 => Target::Resident { household: doc, resident: entry, keep_photos: false },
            0 | 1 | 5 | 6 => Target::Document(doc),
            _ => Target::History(doc),
        };
        // What of it can be seen now, and what only its changes hold.
        let plan = match admin::plan(hub, tenant, &target).await {
            Ok(plan) => plan,
            // A resident who was erased before has a row for what is about them.
            Err(HubError::Usage(_)) => return Ok(()),
            Err(e) => return Err(defect(e)),
        };
        let (mut gone, mut begun, mut tokens, mut history) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (id, _, erase) in &plan.documents {
            let sql = format!("SELECT body FROM changes WHERE doc = '{id}'");
            let bodies: Vec<Vec<u8>> =
                all(&mut read, &sql, vec![]).await.map_err(defect)?.iter().map(|r| r.get(0)).collect::<Result<_, _>>().map_err(defect)?;
            let there = self.model.acts.iter().map(|a| &a.token).filter(|token| bodies.iter().any(|body| holds(body, token)));
            // What begins again has no history: what only its changes hold goes, until whoever wrote it does so again, not
            // having heard that it was taken.
            let shown = format!(
                "SELECT coalesce(address, '') || ' ' || coalesce(tenure, '') FROM households WHERE doc = '{id}'
                 UNION ALL SELECT coalesce(name, '') || ' ' || coalesce(phone, '') || ' ' || coalesce(tags, '') FROM residents WHERE doc = '{id}'
                 UNION ALL SELECT coalesce(title, '') FROM reports WHERE doc = '{id}' UNION ALL SELECT coalesce(note, '') FROM case_steps WHERE doc = '{id}'
                 UNION ALL SELECT coalesce(value, '') FROM conflicts WHERE doc = '{id}' UNION ALL SELECT coalesce(name, '') FROM circles WHERE doc = '{id}'
                 UNION ALL SELECT coalesce(note, '') || ' ' || coalesce(medication, '') FROM health WHERE doc = '{id}'
                 UNION ALL SELECT coalesce(note, '') || ' ' || coalesce(school, '') FROM minors WHERE doc = '{id}'
                 UNION ALL SELECT coalesce(matter, '') || ' ' || coalesce(agreement, '') FROM mediations WHERE doc = '{id}'
                 UNION ALL SELECT coalesce(note, '') FROM mediation_sessions WHERE doc = '{id}'"
            );
            let mut of_resident = String::new();
            match erase {
                Erase::Document => {
                    gone.insert(*id);
                    tokens.extend(there.cloned());
                    continue;
                }
                Erase::Resident { id: resident, .. } => {
                    gone.insert(*resident);
                    let sql = format!(
                        "SELECT coalesce(name, '') || ' ' || coalesce(phone, '') || ' ' || coalesce(tags, '') FROM residents WHERE entry = '{resident}'"
                    );
                    of_resident = texts(&mut read, &sql).await?;
                }
                Erase::Words | Erase::History => {}
            }
            begun.insert(*id);
            let shown = texts(&mut read, &shown).await?;
            let (erased, stays): (Vec<&String>, Vec<&String>) = there.partition(|token| of_resident.contains(*token));
            tokens.extend(erased.into_iter().cloned());
            history.extend(stays.into_iter().filter(|token| !shown.contains(*token)).cloned());
        }
        drop((rows, read));
        let count = admin::erase(hub, tenant, &target).await.map_err(defect)?;
        drop(process);
        self.trace.push(format!("  {target:?}: {count} documents, {tokens:?}"));
        self.model.erased.ids.extend(gone);
        self.model.erased.begun.extend(begun);
        self.model.erased.tokens.extend(tokens);
        self.model.erased.history.extend(history);
        Ok(())
    }
}

/// The first column of a query, all of it as one text.
async fn texts(connection: &mut Conn, sql: &str) -> Done<String> {
    let rows = all(connection, sql, vec![]).await.map_err(defect)?;
    Ok(rows.iter().map(|r| r.get::<String>(0)).collect::<Result<Vec<_>, _>>().map_err(defect)?.join(" "))
}

/// No byte of what was erased is in a row of a phone, or in the hub's files.
pub async fn check(world: &World<'_>) -> Done {
    if world.model.erased.is_empty() {
        return Ok(());
    }
    let gone: BTreeSet<&String> = world.model.acts.iter().filter(|act| world.model.is_erased(act)).map(|act| &act.token).collect();
    let back = |place: &str, token: &str| Err(Failure::new("erased", format!("{token} was erased and is in {place}")));
    let process = world.line.hub.lock().await;
    admin::scrub(&process.hub).await.map_err(defect)?;
    let folder = process.hub.folder.clone();
    drop(process);
    for suffix in ["", "-wal"] {
        let bytes = std::fs::read(folder.join(format!("{DB_FILE}{suffix}"))).unwrap_or_default();
        if let Some(token) = gone.iter().find(|token| holds(&bytes, token)) {
            return back(&format!("the hub's file {DB_FILE}{suffix}"), token);
        }
    }
    for (i, phone) in world.phones.iter().enumerate() {
        for (table, bytes) in content(phone.phone())? {
            if let Some(token) = gone.iter().find(|token| holds(&bytes, token)) {
                return back(&format!("the table {table} of phone {i}"), token);
            }
        }
    }
    Ok(())
}

/// What each table of a phone holds, those of its indexes too.
fn content(phone: &Phone) -> Done<Vec<(String, Vec<u8>)>> {
    let read = |c: &rusqlite::Connection| {
        let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name";
        let tables = c.prepare(sql)?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
        let mut all = Vec::new();
        for table in tables {
            let mut bytes = Vec::new();
            let mut statement = c.prepare(&format!("SELECT * FROM \"{table}\""))?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                for column in 0..columns {
                    if let ValueRef::Text(value) | ValueRef::Blob(value) = row.get_ref(column)? {
                        bytes.extend_from_slice(value);
                        bytes.push(0);
                    }
                }
            }
            all.push((table, bytes));
        }
        Ok(all)
    };
    phone.store().read(read).map_err(defect)
}

fn holds(bytes: &[u8], token: &str) -> bool {
    super::check::contains(bytes, token.as_bytes())
}
