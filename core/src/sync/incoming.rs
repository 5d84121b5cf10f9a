//! What comes in: verdicts, news of documents, cursors; all of a reply in one transaction, so that the cursor moves with what
//! it covers. A reply taken twice changes nothing the second time.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::older::Begun;
use super::outgoing::{pinned, tenants_of};
use super::protocol::{Bundle, Sealed, SyncReply, TenantCursor, TenantReply, Verdict, WireChange, Word, decode, open_reply, resolve, unpack};
use super::rerun::{Failed, HELD, Older, rerun};
use super::take_back::kept_back;
use super::{KEEP_SECONDS, Prepared, SyncReport};
use crate::clock::{Anchor, Reading};
use crate::documents::{change_from_body, is_genesis};
use crate::error::{Error, Result};
use crate::identity::PublicKey;
use crate::identity::cipher::sha256;
use crate::ids::{Id, ids_in};
use crate::phone::{CHANGES_OF, Phone, UNSENT};
use crate::store::{StoredDoc, Touched, from_json, push_chunk, to_json};
use crate::times::AnchorTimes;

/// What taking a reply leaves to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Whether another request is due at once: more to read, or something to send that was not in this one.
    pub again: bool,
    /// Commands that the hub has not answered yet.
    pub unsent: u64,
}

impl Phone {
    /// Takes the reply to `prepared`.
    ///
    /// # Errors
    /// `malformed` if it is not what the community signed for this request; nothing was changed then.
    pub fn take_reply(&self, prepared: &Prepared, bytes: &[u8], report: &mut SyncReport) -> Result<Taken> {
        let reading = self.read_clock()?;
        let keys = self.store.read(|c| community_keys(c, &prepared.hub))?;
        let plain = unpack(open_reply(&keys, &prepared.head.signature, bytes)?)?;
        let reply: SyncReply = decode(&plain, "reply")?;
        if reply.verdicts.len() != prepared.bundles.len() {
            return Err(Error::malformed("verdicts"));
        }
        let mut touched = Touched::default();
        let mut counted = SyncReport::default();
        let mut counted_young = 0;
        let taken = self.store.write(|tx| {
            let late = moved_on(tx, prepared)?;
            let mut intake = Intake { phone: self, tx, touched: &mut touched, report: &mut counted, hub_time: reply.hub_time, begun: Begun::new(), late };
            intake.learn(&reply, &reading)?;
            let mut failed = intake.verdicts(prepared, &reply)?;
            for bundle in &prepared.bundles {
                tx.prepare_cached("UPDATE bundles SET asked = ?2 WHERE n = ?1")?.execute(params![bundle, reply.hub_time])?;
            }
            intake.carried(&prepared.hub, &prepared.carried, &reply.receipts)?;
            let mut again = false;
            for tenant in &reply.tenants {
                intake.keys(tenant)?;
                again |= intake.tenant(tenant)?;
            }
            for (cursor, news) in prepared.cursors.iter().filter_map(|c| Some((c, reply.tenants.iter().find(|t| t.tenant == c.tenant)?))) {
                let came: Vec<Id> = news.documents.iter().map(|d| resolve(&news.actors, d.doc)).collect::<Result<_>>()?;
                // What a page had no room for, or said nothing of, is asked for with the next one.
                let is_all = !news.more && news.granted.is_none() && news.epoch == cursor.epoch && !intake.late.contains(&cursor.tenant);
                for doc in cursor.wanted.iter().filter(|doc| is_all || doc.parse().is_ok_and(|doc| came.contains(&doc))) {
                    tx.prepare_cached("UPDATE unreadable SET asked = ?2 WHERE doc = ?1")?.execute(params![doc, reply.hub_time])?;
                }
            }
            intake.end_older(&mut failed)?;
            again |= intake.run_again(&failed)?;
            intake.anchor_times(&reading)?;
            intake.forget_withdrawn(reply.hub_time.min(reading.wall))?;
            touched.finish(tx)?;
            // Status screens listen too: what is unsent, refused, last synced.
            touched.tables.extend(["carried", "commands", "tenants"]);
            // What the hub was not asked about follows; what it was asked about and holds waits for the next sync.
            let kept_back = kept_back(tx, prepared.asked, &reading)?;
            let mut statement = tx.prepare_cached(
                "SELECT DISTINCT c.command FROM changes c JOIN commands k ON k.n = c.command WHERE c.taken = 0 AND c.bundle IS NULL AND k.state = 'unsent' AND k.reason IS NULL
                 AND json_extract(k.body, '$.tenant') IN (SELECT tenant FROM tenants WHERE hub = ?1)",
            )?;
            let open = statement.query_map([&prepared.hub], |r| r.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
            let young = open.iter().filter(|n| kept_back.contains(n)).count();
            let unsealed = young < open.len();
            let left: bool = tx.query_row(
                "SELECT EXISTS (SELECT 1 FROM tenants t WHERE t.hub = ?1 AND (EXISTS (SELECT 1 FROM bundles b WHERE b.tenant = t.tenant AND b.taken = 0 AND (b.asked IS NULL OR b.held <> t.dictionary))
                 OR EXISTS (SELECT 1 FROM unreadable u WHERE u.tenant = t.tenant AND u.asked IS NULL)))",
                [&prepared.hub],
                |r| r.get(0),
            )?;
            again |= unsealed || left || super::carried::is_left(tx, &prepared.hub)?;
            if !again {
                counted_young = young as u64;
                tx.execute("UPDATE tenants SET synced_at = ?1, refused = NULL WHERE hub = ?2", params![reply.hub_time, prepared.hub])?;
            }
            let unsent = tx.query_row(&format!("SELECT count(*) FROM ({UNSENT})"), [], |r| r.get(0))?;
            Ok(Taken { again, unsent })
        })?;
        report.add(&counted);
        report.young += counted_young;
        self.notify(&touched.tables.into_iter().collect::<Vec<_>>());
        if !taken.again {
            self.scrub()?;
        }
        Ok(taken)
    }
}

impl SyncReport {
    pub(super) fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.carried += other.carried;
        self.refused += other.refused;
        self.rerun += other.rerun;
        self.received += other.received;
        self.withdrawn += other.withdrawn;
        self.moved += other.moved;
        self.ended += other.ended;
    }
}

pub(super) fn community_keys(connection: &Connection, hub: &str) -> Result<Vec<PublicKey>> {
    let mut statement = connection.prepare_cached("SELECT key, spare FROM tenants WHERE hub = ?1")?;
    let rows = statement.query_map([hub], |r| Ok([r.get::<_, Vec<u8>>(0)?, r.get::<_, Vec<u8>>(1)?]))?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.iter().flatten().map(|key| PublicKey::from_bytes(key)).collect()
}

/// The keys that a community's replies and receipts may be signed with.
pub(super) fn tenant_keys(connection: &Connection, tenant: &str) -> Result<Vec<PublicKey>> {
    let keys = connection.query_row("SELECT key, spare FROM tenants WHERE tenant = ?1", [tenant], |r| Ok([r.get::<_, Vec<u8>>(0)?, r.get(1)?])).optional()?;
    keys.iter().flatten().map(|key| PublicKey::from_bytes(key)).collect()
}

/// The communities of which this phone has read more, or something else, since it made this request. What it asked for again says
/// nothing of that.
fn moved_on(connection: &Connection, prepared: &Prepared) -> Result<BTreeSet<String>> {
    let now = tenants_of(connection, &prepared.hub)?;
    let then: Vec<_> = prepared.cursors.iter().map(|cursor| TenantCursor { wanted: Vec::new(), ..cursor.clone() }).collect();
    Ok(now.into_iter().map(|t| t.cursor).filter(|cursor| !then.contains(cursor)).map(|cursor| cursor.tenant).collect())
}

/// How verdicts came here.
#[derive(Clone, Copy)]
pub(super) enum Heard<'a> {
    /// In the hub's reply to this phone.
    Reply(&'a SyncReply),
    /// By whoever carried the bundle.
    Receipt,
}

/// How something rests on what the hub holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rests {
    /// It is of the same document and was only made after it: it can go before it.
    Before,
    /// It needs it, or was tried before it: it waits with it.
    Behind,
}

/// What names a change: document, generation, hash.
type ChangeKey = (Id, u32, [u8; 32]);

pub(super) struct Intake<'a> {
    pub(super) phone: &'a Phone,
    pub(super) tx: &'a Transaction<'a>,
    pub(super) touched: &'a mut Touched,
    pub(super) report: &'a mut SyncReport,
    pub(super) hub_time: i64,
    /// Documents that the news began again or erased.
    pub(super) begun: Begun,
    /// Communities whose cursor is not that of the request any more: another sync came between it and its reply.
    pub(super) late: BTreeSet<String>,
}

impl Intake<'_> {
    /// The hub's time anchors this boot; genesis changes of newer schemas are kept for the documents that need them.
    fn learn(&mut self, reply: &SyncReply, reading: &Reading) -> Result<()> {
        // As it is now: a hub whose clock was far ahead once is not believed for ever.
        self.tx.execute("UPDATE state SET hub_time = ?1", [reply.hub_time])?;
        self.tx.execute("INSERT OR REPLACE INTO anchors VALUES (?1, ?2, ?3)", params![reading.boot, reading.since_boot, reply.hub_time])?;
        for tenant in &reply.tenants {
            self.tx.prepare_cached("UPDATE tenants SET dictionary = ?2 WHERE tenant = ?1")?.execute(params![tenant.tenant, reply.dictionary])?;
        }
        for schema in &reply.schemas {
            self.tx.execute("INSERT OR IGNORE INTO schemas VALUES (?1, ?2, ?3)", params![schema.number, schema.kind, &schema.body[..]])?;
        }
        Ok(())
    }

    /// New keys of a community are pinned, if keys that are pinned lead to them.
    fn keys(&mut self, reply: &TenantReply) -> Result<()> {
        let Some(statements) = &reply.keys else { return Ok(()) };
        let row = self
            .tx
            .prepare_cached("SELECT key, spare FROM tenants WHERE tenant = ?1")?
            .query_row([&reply.tenant], |r| Ok((r.get::<_, Vec<u8>>(0)?, r.get::<_, Vec<u8>>(1)?)));
        let Some((key, spare)) = row.optional()? else { return Ok(()) };
        let keys = pinned(&key, &spare)?.follow(&reply.tenant, statements)?;
        let args = params![reply.tenant, keys.key.to_bytes(), keys.spare.to_bytes()];
        self.tx.execute("UPDATE tenants SET key = ?2, spare = ?3 WHERE tenant = ?1", args)?;
        Ok(())
    }

    /// Carries out the verdicts; answers with the commands that failed, by row.
    fn verdicts(&mut self, prepared: &Prepared, reply: &SyncReply) -> Result<Vec<Failed>> {
        let mut failed: Vec<Failed> = Vec::new();
        let mut waiting: BTreeSet<Id> = BTreeSet::new();
        for (bundle, verdicts) in prepared.bundles.iter().zip(&reply.verdicts) {
            self.bundle(*bundle, verdicts, Heard::Reply(reply), &mut failed, &mut waiting)?;
        }
        Ok(failed)
    }

    /// Carries out the verdicts on one bundle. Each is matched with its change by document, generation and hash: verdicts on
    /// changes that were replaced meanwhile are ignored. `waiting` are documents with changes that wait: what depends on
    /// those waits with them.
    pub(super) fn bundle(&mut self, bundle: i64, verdicts: &[Verdict], heard: Heard<'_>, failed: &mut Vec<Failed>, waiting: &mut BTreeSet<Id>) -> Result<()> {
        let mut statement = self.tx.prepare_cached("SELECT b.sealed, b.tenant, t.epoch FROM bundles b JOIN tenants t ON t.tenant = b.tenant WHERE b.n = ?1")?;
        let row = statement.query_row([bundle], |r| Ok((r.get::<_, Vec<u8>>(0)?, r.get::<_, String>(1)?, r.get::<_, u64>(2)?))).optional()?;
        let Some((sealed, tenant, epoch)) = row else { return Ok(()) };
        // A hub that was restored says it in this reply; what it lacks is judged after it has been read.
        let restored = matches!(heard, Heard::Reply(reply) if reply.tenants.iter().any(|t| t.tenant == tenant && t.epoch != epoch));
        let by_receipt = matches!(heard, Heard::Receipt);
        // What was begun again is told in this reply, in one of the next, or when this phone asks itself.
        let unread = match heard {
            Heard::Reply(reply) => self.late.contains(&tenant) || reply.tenants.iter().any(|t| t.tenant == tenant && (t.more || t.granted.is_some())),
            Heard::Receipt => true,
        };
        let sealed: Sealed = decode(&sealed, "stored bundle")?;
        let body: Bundle = decode(&sealed.body, "stored bundle")?;
        let total: usize = verdicts.iter().map(|v| v.run as usize).fold(0, usize::saturating_add);
        if total != body.groups.iter().map(|g| g.changes.len()).sum::<usize>() {
            return Err(Error::malformed("verdicts"));
        }
        let mut open = self.open_changes(bundle)?;
        let mut each = verdicts.iter().flat_map(|v| std::iter::repeat_n(v, v.run as usize));
        let (mut done, mut held) = (true, false);
        for group in &body.groups {
            let mut answered = Vec::new();
            for (change, verdict) in group.changes.iter().zip(each.by_ref()) {
                let doc = body.id(change.doc)?;
                if let Some((n, command)) = open.remove(&(doc, change.generation, sha256(&change.body))) {
                    answered.push((n, command, doc, change, verdict));
                }
            }
            let mut waits = false;
            for (_, command, doc, _, verdict) in &answered {
                let rests = if verdict.word == Word::Missing { self.rests_on_held(*command, *doc)? } else { None };
                if verdict.word == Word::Held || rests == Some(Rests::Behind) {
                    self.tx.prepare_cached("UPDATE commands SET reason = ?2 WHERE n = ?1")?.execute(params![command, HELD])?;
                    held = true;
                }
                waits |= match verdict.word {
                    Word::Held => true,
                    // It runs again, before what the hub holds.
                    Word::Missing if rests == Some(Rests::Before) => false,
                    // What a carrier brought may have come before what it rests on.
                    Word::Missing => {
                        rests.is_some()
                            || by_receipt
                            || restored
                            || waiting.contains(doc)
                            || self.awaited(*command, *doc, epoch)?
                            || self.rests_on_waiting(bundle, *doc)?
                    }
                    Word::Generation => restored || unread,
                    Word::Refused | Word::ActorReused => restored,
                    Word::Taken | Word::Known => false,
                };
            }
            for (n, command, doc, change, verdict) in answered {
                match verdict.word {
                    Word::Taken | Word::Known => self.accept(n, command, doc, change, &tenant, epoch)?,
                    _ if waits => {
                        waiting.insert(doc);
                        done = false;
                    }
                    _ => note(failed, command, verdict),
                }
            }
        }
        if done {
            self.tx.execute("UPDATE bundles SET taken = 1 WHERE n = ?1", [bundle])?;
        }
        // A receipt does not say how old the hub was: the hub is asked once by this phone itself.
        if held && !by_receipt {
            let sql = "UPDATE bundles SET held = (SELECT dictionary FROM tenants t WHERE t.tenant = bundles.tenant) WHERE n = ?1";
            self.tx.execute(sql, [bundle])?;
        }
        Ok(())
    }

    /// How a command of whose document `doc` something is missing at the hub rests on one that the hub holds, if it does.
    fn rests_on_held(&self, command: i64, doc: Id) -> Result<Option<Rests>> {
        let row = self.tx.prepare_cached("SELECT body, reason FROM commands WHERE n = ?1")?.query_row([command], |r| Ok((r.get(0)?, r.get(1)?)));
        let (body, reason): (String, Option<String>) = row?;
        if reason.as_deref() == Some(HELD) {
            return Ok(Some(Rests::Behind));
        }
        let mut statement = self.tx.prepare_cached(
            "SELECT DISTINCT c.doc FROM changes c JOIN commands k ON k.n = c.command WHERE c.taken = 0 AND k.state = 'unsent' AND k.reason = ?1",
        )?;
        let held = statement.query_map([HELD], |r| r.get::<_, Id>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
        if held.contains(&doc) {
            return Ok(Some(Rests::Before));
        }
        Ok(held.iter().any(|id| body.contains(&format!("\"{id}\""))).then_some(Rests::Behind))
    }

    /// The changes of a bundle that the hub has not answered yet: row and command of each.
    fn open_changes(&self, bundle: i64) -> Result<HashMap<ChangeKey, (i64, i64)>> {
        let mut statement = self.tx.prepare_cached("SELECT doc, generation, hash, n, command FROM changes WHERE bundle = ?1 AND taken = 0")?;
        let rows = statement.query_map([bundle], |r| Ok(((r.get(0)?, r.get(1)?, r.get(2)?), (r.get(3)?, r.get(4)?))))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether a change of this document that misses something waits: the hub has nothing of the document yet, or lost all of
    /// it in a restore, and whoever began it, or what it is about, will send it again. Phones do so for 30 days; who has waited
    /// longer waits in vain.
    fn awaited(&self, command: i64, doc: Id, epoch: u64) -> Result<bool> {
        let at: i64 = self.tx.prepare_cached("SELECT json_extract(body, '$.stamp.at') FROM commands WHERE n = ?1")?.query_row([command], |r| r.get(0))?;
        Ok(self.hub_time.saturating_sub(at) < KEEP_SECONDS
            && StoredDoc::find(self.tx, doc)?.is_none_or(|stored| stored.base.is_empty() || stored.epoch != epoch))
    }

    /// Whether an earlier bundle, which waits at the hub and was in another request, has changes of this document.
    fn rests_on_waiting(&self, bundle: i64, doc: Id) -> Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM changes c JOIN bundles b ON b.n = c.bundle WHERE c.doc = ?1 AND c.taken = 0 AND b.taken = 0 AND b.n < ?2)";
        Ok(self.tx.prepare_cached(sql)?.query_row(params![doc, bundle], |r| r.get(0))?)
    }

    /// A change that the hub has now becomes part of the hub's state here.
    fn accept(&mut self, n: i64, command: i64, doc: Id, change: &WireChange, tenant: &str, epoch: u64) -> Result<()> {
        self.report.sent += 1;
        self.tx.prepare_cached("UPDATE changes SET taken = 1 WHERE n = ?1")?.execute([n])?;
        let done = self
            .tx
            .prepare_cached(&format!("SELECT NOT EXISTS (SELECT 1 FROM changes WHERE {CHANGES_OF} AND taken = 0)"))?
            .query_row([command], |r| r.get::<_, bool>(0))?;
        if done {
            self.tx.prepare_cached("UPDATE commands SET state = 'taken', reason = NULL, at = ?2 WHERE n = ?1")?.execute(params![command, self.hub_time])?;
        }
        let begins = change.generation == 0 && change_from_body(&change.body)?.deps().iter().all(is_genesis);
        match StoredDoc::find(self.tx, doc)? {
            Some(mut stored) if stored.generation == change.generation => {
                // What an older epoch left is not what the hub has.
                let stale = ![0, epoch].contains(&stored.epoch);
                if stale {
                    stored.base.clear();
                    stored.audiences.clear();
                }
                if stored.base.is_empty() && !begins {
                    return Ok(());
                }
                push_chunk(&mut stored.base, &change.body);
                if stored.is_in_pieces()
                    && let Ok(Some(state)) = stored.hub_state(self.tx)
                {
                    stored.compact(&state);
                }
                // Until the hub names an audience the document has none: news in this reply or the next ones does.
                let withdrawn = stored.withdrawn || stored.audiences.is_empty();
                self.tx.prepare_cached("UPDATE documents SET base = ?2, epoch = ?3, audiences = ?4, withdrawn = ?5 WHERE n = ?1")?.execute(params![
                    stored.n,
                    stored.base,
                    epoch,
                    to_json(&stored.audiences)?,
                    withdrawn
                ])?;
                if stale && let Some(state) = stored.state(self.tx, doc)? {
                    self.touched.project(self.tx, doc, stored.n, &state, false)?;
                }
                Ok(())
            }
            // It had left this phone; a restored hub has it again, perhaps for this phone too.
            None if begins => {
                let mut stored = StoredDoc { epoch, withdrawn: true, ..StoredDoc::new(tenant, change.schema, 0) };
                push_chunk(&mut stored.base, &change.body);
                stored.insert(self.tx, doc)?;
                match stored.state(self.tx, doc)? {
                    Some(state) => self.touched.project(self.tx, doc, stored.n, &state, true),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    pub(super) fn run_again(&mut self, failed: &[Failed]) -> Result<bool> {
        if failed.is_empty() {
            return Ok(false);
        }
        let (refused, again) = rerun(self.phone, self.tx, failed, self.touched)?;
        self.report.refused += refused;
        self.report.rerun += again;
        Ok(again > 0)
    }

    /// Records made before their boot had an anchor get the time that it implies. A boot that is over and never had one will have
    /// none: that is said too, so that nobody waits for it.
    fn anchor_times(&mut self, reading: &Reading) -> Result<()> {
        let waiting: Vec<(Id, String, Option<u64>, Option<Anchor>)> = self
            .tx
            .prepare_cached(
                "SELECT u.doc, u.boot, (SELECT cursor FROM commands WHERE n = u.command), a.since_boot, a.hub_time FROM unanchored u LEFT JOIN anchors a ON a.boot = u.boot",
            )?
            .query_map([], |r| {
                let (boot, since_boot) = (r.get::<_, String>(1)?, r.get::<_, Option<i64>>(3)?);
                let hub_time = r.get::<_, Option<i64>>(4)?;
                let anchor = since_boot.zip(hub_time).map(|(since_boot, hub_time)| Anchor { boot: boot.clone(), since_boot, hub_time });
                Ok((r.get(0)?, boot, r.get(2)?, anchor))
            })?
            .collect::<rusqlite::Result<_>>()?;
        for (document, boot, cursor, anchor) in waiting {
            let found = AnchorTimes { document, boot: boot.clone(), start: anchor.map(|anchor| anchor.start()) };
            super::rerun::follow_up(self.tx, found.into(), reading, cursor, self.touched)?;
            self.tx.execute("DELETE FROM unanchored WHERE doc = ?1 AND boot = ?2", params![document, boot])?;
        }
        Ok(())
    }

    /// Forgets documents that left the last audience, once nothing on them or about them is unsent; and what has been kept
    /// long enough by `agreed`, the earlier of the hub's time and the wall clock: one clock that is ahead drops nothing.
    fn forget_withdrawn(&mut self, agreed: i64) -> Result<()> {
        let gone: Vec<(Id, bool)> = self
            .tx
            .prepare_cached(
                "SELECT d.id, d.epoch NOT IN (0, t.epoch) FROM documents d JOIN tenants t ON t.tenant = d.tenant
                 WHERE d.withdrawn AND NOT EXISTS (SELECT 1 FROM changes c WHERE c.doc = d.id AND c.taken = 0)",
            )?
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let needed = if gone.is_empty() { BTreeSet::new() } else { self.named_by_unsent()? };
        let mut unread = false;
        for (id, stale) in gone.into_iter().filter(|(id, _)| !needed.contains(id)) {
            self.touched.forget(self.tx, id)?;
            unread |= stale;
        }
        if unread {
            // What did not come again when everything was read from the beginning may have been erased: no byte of it stays.
            self.tx.execute("UPDATE state SET scrub = 1", [])?;
        }
        self.sweep(agreed)?;
        self.tx.prepare_cached("DELETE FROM carried WHERE at < ?1")?.execute([agreed.saturating_sub(crate::carriers::KEEP_SECONDS)])?;
        let before = agreed.saturating_sub(KEEP_SECONDS);
        let old: i64 = self.tx.query_row("SELECT count(*) FROM commands WHERE state = 'taken' AND at < ?1", [before], |r| r.get(0))?;
        if old > 0 {
            self.tx.execute("DELETE FROM changes WHERE command IN (SELECT n FROM commands WHERE state = 'taken' AND at < ?1)", [before])?;
            self.tx.execute("DELETE FROM commands WHERE state = 'taken' AND at < ?1", [before])?;
            self.tx.execute("DELETE FROM bundles WHERE taken = 1 AND NOT EXISTS (SELECT 1 FROM changes c WHERE c.bundle = bundles.n)", [])?;
        }
        Ok(())
    }

    /// What unsent commands name: a visit that must run again needs its household.
    fn named_by_unsent(&self) -> Result<BTreeSet<Id>> {
        let mut named = Vec::new();
        let mut statement = self.tx.prepare(&format!("SELECT body FROM commands WHERE n IN ({UNSENT})"))?;
        let bodies = statement.query_map([], |r| r.get::<_, String>(0))?;
        for body in bodies {
            ids_in(&from_json(&body?)?, &mut named);
        }
        Ok(named.into_iter().collect())
    }

    /// Once a month, because it looks at every happening: those that phones do not hold any longer go.
    fn sweep(&mut self, agreed: i64) -> Result<()> {
        let due = self.tx.execute("UPDATE state SET swept_at = ?1 WHERE abs(?1 - swept_at) >= 30 * 86400", [agreed])? > 0;
        for (kind, days) in crate::kinds::known().filter_map(|k| Some((k, k.keep_days?))).filter(|_| due) {
            let sql =
                format!("SELECT doc FROM {} t WHERE at < ?1 AND NOT EXISTS (SELECT 1 FROM changes c WHERE c.doc = t.doc AND c.taken = 0)", kind.tables[0].name);
            let old: Vec<Id> = self.tx.prepare(&sql)?.query_map([agreed.saturating_sub(days * 86_400)], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
            for id in old {
                self.touched.forget(self.tx, id)?;
            }
        }
        Ok(())
    }
}

fn note(failed: &mut Vec<Failed>, command: i64, verdict: &Verdict) {
    let reason = match verdict.word {
        Word::Refused => verdict.reason.clone().or(Some(String::new())),
        _ => None,
    };
    let older = (verdict.word == Word::Generation).then_some(Older::BegunAgain);
    match failed.iter_mut().find(|f| f.command == command) {
        Some(known) => {
            known.refused = known.refused.take().or(reason);
            known.older = known.older.or(older);
        }
        None => failed.push(Failed { command, refused: reason, new_ids: false, missing: verdict.word == Word::Missing, older }),
    }
    if verdict.word == Word::ActorReused {
        failed.iter_mut().for_each(|f| f.new_ids |= f.command == command);
    }
}
