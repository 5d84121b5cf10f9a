//! What comes in ([`verdicts`](super::verdicts), [`news`](super::news), cursors): all of a reply in one transaction, so that the cursor moves with what
//! it covers. A reply taken twice changes nothing the second time.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::communities::{community_keys, pinned, tenants_of};
use super::intake::{Begun, Failed, Intake};
use super::protocol::{SyncReply, TenantCursor, TenantReply, decode, open_reply, resolve, unpack};
use super::rerun::{follow_up, rerun};
use super::take_back::kept_back;
use super::{KEEP_SECONDS, Prepared, SyncReport};
use crate::clock::{Anchor, Reading};
use crate::error::{Error, Result};
use crate::ids::{Id, ids_in};
use crate::phone::{Phone, UNSENT};
use crate::store::{Touched, from_json};
use crate::times::AnchorTimes;

/// What taking a reply leaves to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyOutcome {
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
    pub fn take_reply(&self, prepared: &Prepared, bytes: &[u8], report: &mut SyncReport) -> Result<ReplyOutcome> {
        let reading = self.read_clock()?;
        let keys = self.store.read(|c| community_keys(c, &prepared.request.hub))?;
        let reply: SyncReply = decode(&unpack(open_reply(&keys, &prepared.request.head.signature, bytes)?)?, "reply")?;
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
            intake.carried(&prepared.request.hub, &prepared.carried, &reply.receipts)?;
            let mut again = false;
            for tenant in &reply.tenants {
                intake.keys(tenant)?;
                again |= intake.apply_tenant_news(tenant)?;
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
            let open = statement.query_map([&prepared.request.hub], |r| r.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
            let young = open.iter().filter(|n| kept_back.contains(n)).count();
            let unsealed = young < open.len();
            let left: bool = tx.query_row(
                "SELECT EXISTS (SELECT 1 FROM tenants t WHERE t.hub = ?1 AND (EXISTS (SELECT 1 FROM bundles b WHERE b.tenant = t.tenant AND b.taken = 0 AND (b.asked IS NULL OR b.held <> t.dictionary))
                 OR EXISTS (SELECT 1 FROM unreadable u WHERE u.tenant = t.tenant AND u.asked IS NULL)))",
                [&prepared.request.hub],
                |r| r.get(0),
            )?;
            again |= unsealed || left || super::carried::is_left(tx, &prepared.request.hub)?;
            if !again {
                counted_young = young as u64;
                tx.execute("UPDATE tenants SET synced_at = ?1, refused = NULL WHERE hub = ?2", params![reply.hub_time, prepared.request.hub])?;
            }
            let unsent = tx.query_row(&format!("SELECT count(*) FROM ({UNSENT})"), [], |r| r.get(0))?;
            Ok(ReplyOutcome { again, unsent })
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

/// The communities of which this phone has read more, or something else, since it made this request. What it asked for again says
/// nothing of that.
fn moved_on(connection: &Connection, prepared: &Prepared) -> Result<BTreeSet<String>> {
    let now = tenants_of(connection, &prepared.request.hub)?;
    let then: Vec<_> = prepared.cursors.iter().map(|cursor| TenantCursor { wanted: Vec::new(), ..cursor.clone() }).collect();
    Ok(now.into_iter().map(|t| t.cursor).filter(|cursor| !then.contains(cursor)).map(|cursor| cursor.tenant).collect())
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
            follow_up(self.tx, found.into(), reading, cursor, self.touched)?;
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
        self.tx.prepare_cached("DELETE FROM carried WHERE at < ?1")?.execute([agreed.saturating_sub(super::carried::KEEP_CARRIED_SECONDS)])?;
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

    /// Once a month, because it looks at every event: those that phones do not hold any longer go.
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
