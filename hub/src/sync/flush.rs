//! Writing what a batch decided: numbers in the one sequence, entries for every audience, rows, statements, verdicts.

use std::collections::{BTreeSet, HashMap};

use gridwalk_core::documents::{Audience, Value, hash_text};
use gridwalk_core::identity::cipher::sha256;
use gridwalk_core::ids::{DeviceId, Id};
use gridwalk_core::projection::{Type, project, tables_of};
use gridwalk_core::sync::protocol::{Actors, Statement, StatementLine, encode};

use super::batch::{Batch, number_of};
use super::entries::{self, What, entry};
use super::request::Vouched;
use crate::error::Result;
use crate::registry::act_log::{Act, record};
use crate::store::{Arg, Conn, all, exec, insert_many, select_in};

/// How long phones hold an event after it came in, however old it says it is: 30 days.
const UNSEEN_SECONDS: i64 = 30 * 86_400;

/// Rows to insert, by table.
type Inserts = Vec<Vec<Arg>>;

impl Batch<'_> {
    /// Writes everything. Returns the numbers that the new changes got, and whose they are. Letting the documents go is
    /// left to the caller: after the commit it keeps nobody waiting.
    pub async fn flush(&mut self, connection: &mut Conn) -> Result<Vec<(u64, DeviceId)>> {
        self.rank(connection).await?;
        self.book(connection).await?;
        self.keep_own_statement();
        if self.new.is_empty() && self.kept.is_empty() && self.finals.is_empty() {
            return Ok(Vec::new());
        }
        let tenant = Arg::text(&self.tenant.id);
        let mut taken = Vec::new();
        let mut number = number_of(connection, &self.tenant.id).await?;
        let now = self.hub.now();
        let (mut changes, mut told, mut audiences): (Inserts, Inserts, Inserts) = Default::default();
        let mut begun: BTreeSet<Id> = BTreeSet::new();
        for change in std::mem::take(&mut self.new) {
            number += 1;
            taken.push((number, change.device));
            let held = &self.held[&change.doc];
            let doc = Arg::text(&change.doc.to_string());
            let what = if !held.stored && begun.insert(change.doc) { What::Entered } else { What::Changed };
            for audience in &held.audiences {
                let audience = audience.to_string();
                told.push(entry(&self.tenant.id, &audience, number, &change.doc.to_string(), what));
                if what == What::Entered {
                    audiences.push(vec![tenant.clone(), doc.clone(), Arg::text(&audience), Arg::int(number), Arg::Int(None), Arg::Int(None)]);
                }
            }
            changes.push(vec![tenant.clone(), doc, Arg::int(number), Arg::Blob(change.body), Arg::int(now)]);
        }
        self.documents(connection, now).await?;
        insert_many(connection, "changes", changes).await?;
        insert_many(connection, "audiences", audiences).await?;
        entries::keep(connection, told).await?;
        number = self.moves(connection, number, now).await?;
        self.circles(connection, number, now).await?;
        self.rows(connection).await?;
        self.answers(connection, number, now).await?;
        exec(connection, "UPDATE tenants SET number = $2 WHERE tenant_id = $1", vec![tenant, Arg::int(number)]).await?;
        Ok(taken)
    }

    async fn documents(&mut self, connection: &mut Conn, now: i64) -> Result<()> {
        let tenant = Arg::text(&self.tenant.id);
        let mut fresh = Vec::new();
        for (id, held) in self.held.iter().filter(|(_, h)| h.dirty) {
            let about = Arg::Text(held.about.map(|a| a.to_string()));
            let (doc, schema) = (Arg::text(&id.to_string()), Arg::int(held.doc.schema()));
            if !held.stored {
                let kind = held.doc.kind();
                // A phone years behind the time does not make its visits old before anyone has seen them.
                let at = held.doc.tree().int("at").unwrap_or(0);
                let until = kind.keep_days.map(|days| at.saturating_add(days * 86_400).max(now + UNSEEN_SECONDS));
                fresh.push(vec![tenant.clone(), doc, Arg::text(kind.name), schema, Arg::int(held.doc.generation), about, Arg::Int(until), Arg::Int(None)]);
            } else if held.stored_schema != held.doc.schema() {
                exec(connection, "UPDATE documents SET schema = $3 WHERE tenant_id = $1 AND doc = $2", vec![tenant.clone(), doc, schema]).await?;
            }
        }
        insert_many(connection, "documents", fresh).await
    }

    /// Documents whose place changed enter their new audiences, then leave the old ones, and what is about them with them.
    async fn moves(&mut self, connection: &mut Conn, mut number: u64, now: i64) -> Result<u64> {
        let mut moved: Vec<(Id, BTreeSet<Audience>, BTreeSet<Audience>)> = self
            .held
            .iter()
            // An event moves with what it is about, never by a change of its own.
            .filter(|(_, h)| h.dirty && h.about.is_none())
            .map(|(id, h)| (*id, h.audiences.clone(), self.place(*id, h.doc.kind(), h.doc.tree()).0))
            .filter(|(_, old, new)| old != new)
            .collect();
        // The same requests get the same numbers.
        moved.sort_by_key(|(id, ..)| *id);
        let tenant = Arg::text(&self.tenant.id);
        for (id, old, new) in moved {
            let (entered, left): (Vec<String>, Vec<String>) =
                (new.difference(&old).map(ToString::to_string).collect(), old.difference(&new).map(ToString::to_string).collect());
            let moving = self.with_events(connection, id).await?;
            let (mut audiences, mut told): (Inserts, Inserts) = Default::default();
            // A number each, so that a page can end between any two of them.
            for doc in &moving {
                number += 1;
                for audience in &entered {
                    audiences.push(vec![tenant.clone(), Arg::text(doc), Arg::text(audience), Arg::int(number), Arg::Int(None), Arg::Int(None)]);
                    told.push(entry(&self.tenant.id, audience, number, doc, What::Entered));
                }
            }
            insert_many(connection, "audiences", audiences).await?;
            entries::keep(connection, told).await?;
            let mut told: Inserts = Vec::new();
            // What happened goes before what it happened to: nowhere is a visit without its household.
            for doc in moving.iter().rev() {
                number += 1;
                for audience in &left {
                    self.leave(connection, doc, audience, number, now).await?;
                    told.push(entry(&self.tenant.id, audience, number, doc, What::Left));
                }
            }
            entries::keep(connection, told).await?;
        }
        Ok(number)
    }

    /// A document and everything that is about it.
    async fn with_events(&self, connection: &mut Conn, id: Id) -> Result<Vec<String>> {
        let mut moving = vec![id.to_string()];
        let sql = "SELECT doc FROM documents WHERE tenant_id = $1 AND about = $2 ORDER BY doc";
        for row in all(connection, sql, vec![Arg::text(&self.tenant.id), Arg::text(&moving[0])]).await? {
            moving.push(row.get(0)?);
        }
        Ok(moving)
    }

    /// Takes a document out of an audience; the mark that it left is the caller's to write.
    async fn leave(&self, connection: &mut Conn, doc: &str, audience: &str, number: u64, now: i64) -> Result<()> {
        entries::untell(connection, &self.tenant.id, doc, audience).await?;
        let args = vec![Arg::text(&self.tenant.id), Arg::text(audience), Arg::text(doc), Arg::int(number), Arg::int(now)];
        let sql = "UPDATE audiences SET left_at = $4, left_time = $5 WHERE tenant_id = $1 AND audience = $2 AND doc = $3 AND left_at IS NULL";
        exec(connection, sql, args).await?;
        Ok(())
    }

    /// Writes the rows of everything loaded again.
    pub(super) async fn write_rows_again(&mut self, connection: &mut Conn) -> Result<()> {
        self.held.values_mut().for_each(|h| h.dirty = true);
        self.rows(connection).await
    }

    async fn rows(&mut self, connection: &mut Conn) -> Result<()> {
        let tenant = self.tenant.id.clone();
        let mut inserts: HashMap<&'static str, Inserts> = HashMap::new();
        let mut deletes: HashMap<&'static str, Vec<String>> = HashMap::new();
        self.project();
        for (id, held) in self.held.iter_mut().filter(|(_, h)| h.dirty) {
            let doc = Arg::text(&id.to_string());
            if held.stored {
                for table in tables_of(held.doc.kind()) {
                    deletes.entry(table.name).or_default().push(id.to_string());
                }
            }
            for row in held.rows.take().unwrap_or_default() {
                let mut values = vec![Arg::text(&tenant), doc.clone(), Arg::text(&key_text(&row.entry))];
                values.extend(row.values.into_iter().zip(row.table.all_columns()).map(|(value, (name, kind))| match arg(value, kind) {
                    Arg::Text(Some(text)) if row.table.indexes.iter().any(|i| i.split(", ").any(|c| c == name)) => Arg::Text(Some(key_text(&text))),
                    other => other,
                }));
                inserts.entry(row.table.name).or_default().push(values);
            }
        }
        for (table, docs) in deletes {
            delete_in(connection, table, &tenant, &docs).await?;
        }
        for (table, rows) in inserts {
            insert_many(connection, table, rows).await?;
        }
        Ok(())
    }

    /// Makes the rows of what was changed, where they are not made yet: before any lock is held, if the caller asks then.
    pub(super) fn project(&mut self) {
        for held in self.held.values_mut().filter(|h| h.dirty && h.rows.is_none()) {
            held.rows = Some(project(held.doc.kind(), held.doc.tree()));
        }
    }

    async fn answers(&mut self, connection: &mut Conn, number: u64, now: i64) -> Result<()> {
        let tenant = Arg::text(&self.tenant.id);
        let finals = std::mem::take(&mut self.finals).into_iter().map(|f| {
            vec![tenant.clone(), Arg::text(&f.doc.to_string()), Arg::int(f.generation), Arg::text(&hash_text(&f.hash)), Arg::int(f.word), Arg::Text(f.reason)]
        });
        // A hash can come twice in one request, in two bundles.
        let mut seen = BTreeSet::new();
        let finals = finals.filter(|row| seen.insert(format!("{row:?}"))).collect();
        insert_many(connection, "verdicts", finals).await?;
        for kept in std::mem::take(&mut self.kept) {
            let id = hash_text(&sha256(&kept.statement));
            let args = vec![
                tenant.clone(),
                Arg::text(&id),
                Arg::text(&kept.device),
                Arg::Blob(kept.statement),
                Arg::Blob(kept.signature.to_vec()),
                Arg::int(number),
                Arg::int(now),
            ];
            let sql =
                "INSERT INTO statements (tenant_id, id, device, statement, signature, number, at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
            exec(connection, sql, args).await?;
            if let Some(Vouched { by, reason }) = kept.vouched {
                let by = by.to_string();
                let args = vec![tenant.clone(), Arg::text(&id), Arg::text(&by), Arg::int(now), Arg::text(&reason)];
                exec(connection, "UPDATE statements SET vouched_by = $3, vouched_at = $4, vouch_reason = $5 WHERE tenant_id = $1 AND id = $2", args).await?;
                record(connection, &self.tenant.id, now, Act { by: &by, verb: "vouch", subject: &kept.device, detail: &id }).await?;
            }
        }
        Ok(())
    }

    /// What the hub itself wrote is signed and kept like any device's.
    fn keep_own_statement(&mut self) {
        if self.own_lines.is_empty() {
            return;
        }
        let mut actors = Actors::default();
        let lines = std::mem::take(&mut self.own_lines)
            .into_iter()
            .map(|(command, doc, generation, schema, hash)| StatementLine {
                command: actors.wire(command),
                doc: actors.wire(doc),
                generation,
                schema,
                hash: hash.into(),
            })
            .collect();
        let device = self.tenant.key.device();
        let statement = encode(&Statement {
            purpose: "gridwalk bundle v1".into(),
            device: device.0.into(),
            tenant: self.tenant.id.clone(),
            epoch: self.hub.store.epoch,
            number: 0,
            actors: actors.into_list(),
            lines,
            recorded: self.hub.dictionary.number,
            written: self.hub.dictionary.number,
        });
        let signature = self.tenant.key.sign(&statement);
        self.kept.push(super::batch::Kept { device: device.to_string(), statement, signature, vouched: None });
    }
}

/// Text as a part of a key: PostgreSQL refuses keys of some kilobytes, which only a phone that means no good writes.
fn key_text(text: &str) -> String {
    const LONGEST: usize = 512;
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    format!("{}#{}", &text[..text.floor_char_boundary(LONGEST - 70)], hash_text(&sha256(text.as_bytes())))
}

fn arg(value: Value, kind: Type) -> Arg {
    match (kind, value) {
        (Type::Int, Value::Int(i)) => Arg::Int(Some(i)),
        (Type::Int, _) => Arg::Int(None),
        (Type::Text, Value::Text(t)) => Arg::Text(Some(t)),
        (Type::Text, _) => Arg::Text(None),
    }
}

async fn delete_in(connection: &mut Conn, table: &str, tenant: &str, docs: &[String]) -> Result<()> {
    select_in(connection, &format!("DELETE FROM {table} WHERE tenant_id = $1 AND doc IN ({{in}})"), tenant, docs).await.map(drop)
}
