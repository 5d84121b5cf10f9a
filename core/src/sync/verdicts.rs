//! The hub's verdicts on what this phone sent, in a reply or in a receipt that someone brought.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{OptionalExtension, params};

use super::communities::tenant_keys;
use super::intake::{Begun, Failed, Heard, Intake, Superseded};
use super::protocol::{Bundle, Receipt, Sealed, SyncReply, Verdict, VerdictCode, WireChange, decode};
use super::{KEEP_SECONDS, Prepared, SyncReport};
use crate::documents::{change_from_body, is_genesis};
use crate::error::{Error, Result};
use crate::identity::cipher::sha256;
use crate::ids::Id;
use crate::phone::{CHANGES_OF, HELD, Phone, state};
use crate::store::{StoredDoc, Touched, push_chunk, to_json};

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

impl Phone {
    /// Takes a receipt for an envelope of this phone's own, brought by whoever carried it: what it says of each change is
    /// taken as a reply would be. Returns whether it told this phone anything.
    ///
    /// # Errors
    /// `malformed` if it is not what the community signed for this device; nothing was changed then.
    pub(crate) fn take_receipt(&self, receipt: &Receipt, report: &mut SyncReport) -> Result<bool> {
        let mut touched = Touched::default();
        let mut counted = SyncReport::default();
        let told = self.store.write(|tx| {
            let found =
                tx.query_row("SELECT n FROM bundles WHERE envelope_id = ?1 AND tenant = ?2", params![&receipt.envelope[..], receipt.tenant], |r| r.get(0));
            // Answered and forgotten, or closed anew since: there is nothing left to learn.
            let Some(bundle) = found.optional()? else { return Ok(false) };
            if !receipt.is_signed_by(&tenant_keys(tx, &receipt.tenant)?) {
                return Err(Error::malformed("receipt signature"));
            }
            let judged = receipt.open(&state(tx)?.key())?;
            // What another epoch took says nothing of this one: the next sync settles it.
            let epoch: u64 = tx.query_row("SELECT epoch FROM tenants WHERE tenant = ?1", [&receipt.tenant], |r| r.get(0))?;
            if judged.epoch != epoch {
                return Ok(false);
            }
            tx.execute("UPDATE state SET hub_time = max(coalesce(hub_time, ?1), ?1)", [judged.hub_time])?;
            let mut intake =
                Intake { phone: self, tx, touched: &mut touched, report: &mut counted, hub_time: judged.hub_time, begun: Begun::new(), late: BTreeSet::new() };
            let held = || -> Result<u64> { Ok(tx.query_row("SELECT count(*) FROM commands WHERE reason = ?1", [HELD], |r| r.get(0))?) };
            let before = held()?;
            let (mut failed, mut waiting) = (Vec::new(), BTreeSet::new());
            intake.bundle(bundle, &judged.verdicts, Heard::Receipt, &mut failed, &mut waiting)?;
            intake.run_again(&failed)?;
            touched.finish(tx)?;
            touched.tables.insert("commands");
            Ok(counted != SyncReport::default() || held()? != before)
        })?;
        report.add(&counted);
        self.notify(&touched.tables.into_iter().collect::<Vec<_>>());
        Ok(told)
    }
}

impl Intake<'_> {
    /// Carries out the verdicts. Returns the commands that failed, by row.
    pub(super) fn verdicts(&mut self, prepared: &Prepared, reply: &SyncReply) -> Result<Vec<Failed>> {
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
    fn bundle(&mut self, bundle: i64, verdicts: &[Verdict], heard: Heard<'_>, failed: &mut Vec<Failed>, waiting: &mut BTreeSet<Id>) -> Result<()> {
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
                let rests = if verdict.code == VerdictCode::Missing { self.rests_on_held(*command, *doc)? } else { None };
                if verdict.code == VerdictCode::Held || rests == Some(Rests::Behind) {
                    self.tx.prepare_cached("UPDATE commands SET reason = ?2 WHERE n = ?1")?.execute(params![command, HELD])?;
                    held = true;
                }
                waits |= match verdict.code {
                    VerdictCode::Held => true,
                    // It runs again, before what the hub holds.
                    VerdictCode::Missing if rests == Some(Rests::Before) => false,
                    // What a carrier brought may have come before what it rests on.
                    VerdictCode::Missing => {
                        rests.is_some()
                            || by_receipt
                            || restored
                            || waiting.contains(doc)
                            || self.awaited(*command, *doc, epoch)?
                            || self.rests_on_waiting(bundle, *doc)?
                    }
                    VerdictCode::Generation => restored || unread,
                    VerdictCode::Refused | VerdictCode::ActorReused => restored,
                    VerdictCode::Taken | VerdictCode::Known => false,
                };
            }
            for (n, command, doc, change, verdict) in answered {
                match verdict.code {
                    VerdictCode::Taken | VerdictCode::Known => self.accept(n, command, doc, change, &tenant, epoch)?,
                    _ if waits => {
                        waiting.insert(doc);
                        done = false;
                    }
                    _ => record_failure(failed, command, verdict),
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
}

/// Notes that the hub did not take a change of this command.
fn record_failure(failed: &mut Vec<Failed>, command: i64, verdict: &Verdict) {
    let reason = match verdict.code {
        VerdictCode::Refused => verdict.reason.clone().or(Some(String::new())),
        _ => None,
    };
    let older = (verdict.code == VerdictCode::Generation).then_some(Superseded::BegunAgain);
    match failed.iter_mut().find(|f| f.command == command) {
        Some(known) => {
            known.refused = known.refused.take().or(reason);
            known.older = known.older.or(older);
        }
        None => failed.push(Failed { command, refused: reason, new_ids: false, missing: verdict.code == VerdictCode::Missing, older }),
    }
    if verdict.code == VerdictCode::ActorReused {
        failed.iter_mut().for_each(|f| f.new_ids |= f.command == command);
    }
}
