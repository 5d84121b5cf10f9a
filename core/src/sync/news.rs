//! Taking in the news of a reply: documents, audiences that were granted or taken away, epochs.

use std::collections::HashSet;
use std::sync::mpsc::sync_channel;
use std::thread::Scope;

use rusqlite::{OptionalExtension, params};

use super::intake::Intake;
use super::protocol::{DocumentNews, Granted, TenantReply, resolve};
use super::rerun::rerun_all;
use crate::documents::{Doc, Map, change_from_body};
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::store::{MANY_CHUNKS, Projected, StoredDoc, from_json, kind_name, push_chunk, to_json};
use crate::versions::dictionary;

/// What holds for all documents of a page.
struct Page<'a> {
    tenant: &'a str,
    epoch: u64,
    /// Documents with own changes that the hub has not taken, when the page came.
    unsent: HashSet<Id>,
    /// Documents of which earlier news could not be read.
    unreadable: HashSet<Id>,
}

impl Intake<'_> {
    /// Takes one community's news. Returns whether there is more to ask for.
    pub(super) fn apply_tenant_news(&mut self, news: &TenantReply) -> Result<bool> {
        let cursor = self.tx.query_row("SELECT epoch, number, audiences, caught_up, rerun FROM tenants WHERE tenant = ?1", [&news.tenant], |r| {
            Ok((r.get::<_, u64>(0)?, r.get::<_, u64>(1)?, r.get::<_, String>(2)?, r.get::<_, bool>(3)?, r.get::<_, bool>(4)?))
        });
        let Some((epoch, number, audiences, caught_up, rerun)) = cursor.optional()? else { return Err(Error::malformed("tenant")) };
        if self.late.contains(&news.tenant) || news.epoch == epoch && news.granted.is_none() && news.from != number {
            // A reply to an older request: what it brings has come already or will come again.
            return Ok(true);
        }
        if news.epoch != epoch {
            self.new_epoch(&news.tenant, news.epoch)?;
            return Ok(true);
        }
        if let Some(granted) = &news.granted {
            self.grant(&news.tenant, granted, &from_json::<Vec<String>>(&audiences)?)?;
            return Ok(true);
        }
        // Few, and asked of every document.
        let ids = |sql: &str| self.tx.prepare_cached(sql)?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<HashSet<Id>>>();
        let (unsent, unreadable) = (ids("SELECT doc FROM changes WHERE taken = 0")?, ids("SELECT doc FROM unreadable")?);
        let page = Page { tenant: &news.tenant, epoch, unsent, unreadable };
        std::thread::scope(|scope| {
            let mut ahead = project_ahead(scope, &news.documents);
            news.documents.iter().try_for_each(|document| {
                let id = resolve(&news.actors, document.doc)?;
                let named = document.audiences.iter().map(|a| news.audiences.get(*a as usize).cloned().ok_or_else(|| Error::malformed("audience")));
                self.apply_document_news(&page, id, document, named.collect::<Result<_>>()?, ahead.next().flatten())
            })
        })?;
        self.tx.execute("UPDATE tenants SET number = ?2 WHERE tenant = ?1", params![news.tenant, news.number])?;
        self.part_from_copies(news)?;
        self.move_backfills(&news.tenant, &news.backfills, news.number)?;
        if !news.more && !caught_up {
            self.end_epoch(&news.tenant, epoch)?;
            if rerun {
                let count = rerun_all(self.phone, self.tx, &news.tenant, self.touched)?;
                self.report.rerun += count;
                self.tx.execute("UPDATE tenants SET rerun = 0 WHERE tenant = ?1", [&news.tenant])?;
                return Ok(true);
            }
        }
        Ok(news.more)
    }

    fn move_backfills(&mut self, tenant: &str, numbers: &[u64], top: u64) -> Result<()> {
        let audiences: Vec<String> = self
            .tx
            .prepare_cached("SELECT audience FROM backfills WHERE tenant = ?1 ORDER BY audience")?
            .query_map([tenant], |r| r.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        if audiences.len() != numbers.len() {
            return Err(Error::malformed("backfills"));
        }
        for (audience, number) in audiences.iter().zip(numbers) {
            if *number >= top {
                self.tx.execute("DELETE FROM backfills WHERE tenant = ?1 AND audience = ?2", [tenant, audience])?;
            } else {
                self.tx.execute("UPDATE backfills SET number = ?3 WHERE tenant = ?1 AND audience = ?2", params![tenant, audience, number])?;
            }
        }
        Ok(())
    }

    /// Takes the news of one document; `ahead` is what they give of a document that is new here.
    fn apply_document_news(&mut self, page: &Page<'_>, id: Id, news: &DocumentNews, audiences: Vec<String>, ahead: Option<Projected>) -> Result<()> {
        let (tenant, epoch) = (page.tenant, page.epoch);
        let stored = StoredDoc::find(self.tx, id)?;
        let before = stored.as_ref().map(|stored| stored.generation);
        // Where the document left before, or never was, own commands may be of an older generation.
        let kept = || self.tx.prepare("SELECT EXISTS (SELECT 1 FROM changes WHERE doc = ?1)")?.query_row([id], |r| r.get::<_, bool>(0));
        let ends_older = before.unwrap_or(0) < news.generation && (before.is_some() || kept()?);
        if ends_older && audiences.is_empty() {
            self.report.withdrawn += u64::from(self.erase(id)?);
            self.begun.insert(id, None);
            return Ok(());
        }
        if audiences.is_empty() {
            if let Some(stored) = stored {
                self.report.withdrawn += 1;
                self.report.moved += u64::from(kind_name(stored.schema) == Some("household"));
                self.tx.execute("UPDATE documents SET audiences = '[]', withdrawn = 1 WHERE n = ?1", [stored.n])?;
            }
            return Ok(());
        }
        // A copy of this store gave the same id to something else, which the hub has; what is here comes back under a new one.
        let stored = match stored {
            Some(stored) if stored.base.is_empty() && kind_name(stored.schema) != kind_name(news.schema) => {
                self.touched.forget(self.tx, id)?;
                None
            }
            other => other,
        };
        let fresh = stored.is_none();
        let mut doc = stored.unwrap_or(StoredDoc { epoch, ..StoredDoc::new(tenant, news.schema, news.generation) });
        if doc.generation > news.generation {
            return Ok(());
        }
        if ends_older {
            self.begun.insert(id, Some(news.generation));
        }
        let was_unreadable = page.unreadable.contains(&id);
        if news.whole && (doc.epoch != epoch || doc.generation != news.generation || !fresh && was_unreadable) {
            doc.base.clear();
        }
        doc.generation = news.generation;
        doc.schema = doc.schema.max(news.schema);
        if !news.chunks.is_empty() {
            doc.epoch = epoch;
        }
        for chunk in &news.chunks {
            push_chunk(&mut doc.base, chunk);
        }
        // Also of a document that is new here: it had left this phone, and a restored hub is sent again what was done to it.
        let unsent = page.unsent.contains(&id);
        let ahead = ahead.filter(|_| fresh && !unsent);
        let state = if ahead.is_some() { Ok(None) } else { doc.hub_state(self.tx) };
        let Ok(state) = state else {
            let sql = "INSERT INTO unreadable (doc, tenant, at) VALUES (?1, ?2, ?3) ON CONFLICT (doc) DO UPDATE SET at = excluded.at";
            self.tx.execute(sql, params![id, tenant, self.hub_time])?;
            return Ok(());
        };
        if was_unreadable {
            self.tx.prepare_cached("DELETE FROM unreadable WHERE doc = ?1")?.execute([id])?;
        }
        self.report.received += u64::from(!news.chunks.is_empty());
        if let Some(state) = state.as_ref().filter(|_| doc.is_in_pieces()) {
            doc.compact(state);
        }
        doc.audiences = audiences;
        doc.withdrawn = false;
        if fresh {
            doc.insert(self.tx, id)?;
        } else {
            self.tx
                .prepare_cached("UPDATE documents SET schema = ?2, generation = ?3, epoch = ?4, base = ?5, audiences = ?6, withdrawn = 0 WHERE n = ?1")?
                .execute(params![doc.n, doc.schema, doc.generation, doc.epoch, doc.base, to_json(&doc.audiences)?])?;
        }
        if news.chunks.is_empty() {
            return Ok(());
        }
        if let Some(projected) = ahead {
            return self.touched.write(self.tx, id, doc.n, &projected, fresh);
        }
        let state = if unsent { doc.state(self.tx, id)? } else { state };
        match state {
            Some(state) => self.touched.project(self.tx, id, doc.n, &state, fresh),
            None => Ok(()),
        }
    }

    fn grant(&mut self, tenant: &str, granted: &Granted, before: &[String]) -> Result<()> {
        for audience in granted.audiences.iter().filter(|a| !before.contains(a)) {
            self.tx.execute("INSERT OR REPLACE INTO backfills VALUES (?1, ?2, 0)", [tenant, audience])?;
        }
        for audience in before.iter().filter(|a| !granted.audiences.contains(a)) {
            self.tx.execute("DELETE FROM backfills WHERE tenant = ?1 AND audience = ?2", [tenant, audience])?;
            let mut statement = self.tx.prepare("SELECT n, audiences FROM documents WHERE tenant = ?1 AND instr(audiences, ?2)")?;
            let rows = statement
                .query_map(params![tenant, to_json(audience)?], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?)))?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            for (n, audiences) in rows {
                let mut left: Vec<String> = from_json(&audiences)?;
                left.retain(|a| a != audience);
                self.report.withdrawn += u64::from(left.is_empty());
                self.report.ended += u64::from(left.is_empty());
                self.tx.execute("UPDATE documents SET audiences = ?2, withdrawn = ?3 WHERE n = ?1", params![n, to_json(&left)?, left.is_empty()])?;
            }
        }
        self.tx
            .execute(
                "UPDATE tenants SET audiences = ?2, grants = ?3 WHERE tenant = ?1",
                params![tenant, to_json(&granted.audiences)?, to_json(&granted.roles)?],
            )
            .map(drop)?;
        Ok(())
    }

    /// The hub was restored: what it took in the last 30 days is sent again, and everything is read from the beginning.
    fn new_epoch(&mut self, tenant: &str, epoch: u64) -> Result<()> {
        self.tx.execute("UPDATE tenants SET epoch = ?2, number = 0, caught_up = 0 WHERE tenant = ?1", params![tenant, epoch])?;
        self.tx.execute("DELETE FROM backfills WHERE tenant = ?1", [tenant])?;
        // In new bundles: what was in the old ones may have been refused and run again since.
        self.tx.execute("DELETE FROM bundles WHERE tenant = ?1", [tenant])?;
        self.tx.execute(
            "UPDATE changes SET taken = 0, bundle = NULL WHERE command IN (SELECT n FROM commands WHERE json_extract(body, '$.tenant') = ?1)
             AND generation >= coalesce((SELECT generation FROM documents d WHERE d.id = doc), 0)",
            [tenant],
        )?;
        self.tx.execute("UPDATE commands SET state = 'unsent' WHERE n IN (SELECT command FROM changes WHERE taken = 0)", [])?;
        // Before everything of the new epoch: what has moved or ended in it by then does not count against them.
        self.tx.execute("UPDATE commands SET cursor = 0 WHERE json_extract(body, '$.tenant') = ?1", [tenant])?;
        // Whatever this phone has of photos is offered again. Those of the same time are owed, the others only if the hub lost them.
        let lately = "doc IN (SELECT doc FROM changes WHERE taken = 0)";
        let ours = "doc IN (SELECT id FROM documents WHERE tenant = ?1)";
        let again = format!("UPDATE photo_files SET sent = 0, again = max(sent, again), tries = 0, trouble = NULL WHERE {ours}");
        self.tx.execute(&again, [tenant])?;
        self.tx.execute(&format!("UPDATE photo_files SET sent = 0, again = 0, tries = 0, trouble = NULL WHERE {lately}"), [])?;
        Ok(())
    }

    /// Everything of the new epoch has been read: what the hub does not have any more goes, except what waits to be sent.
    fn end_epoch(&mut self, tenant: &str, epoch: u64) -> Result<()> {
        self.tx.execute("UPDATE tenants SET caught_up = 1 WHERE tenant = ?1", [tenant])?;
        self.tx.execute("UPDATE documents SET withdrawn = 1 WHERE tenant = ?1 AND epoch NOT IN (0, ?2)", params![tenant, epoch])?;
        Ok(())
    }
}

/// What the news of each document give of one that is new here, `None` where that takes more than they bring. Reading
/// documents is half the work of a large page: another core does it while this one writes.
fn project_ahead<'s>(scope: &'s Scope<'s, '_>, documents: &'s [DocumentNews]) -> Box<dyn Iterator<Item = Option<Projected>> + 's> {
    /// So many are handed over at once: waking the other side for each costs more than reading it.
    const AT_ONCE: usize = 32;
    if documents.len() < 2 * AT_ONCE {
        return Box::new(documents.iter().map(projected));
    }
    let (send, receive) = sync_channel(2);
    let dictionary = dictionary();
    scope.spawn(move || {
        // It ends early only where nobody listens any more: the page was given up with an error of its own.
        dictionary.run(|| documents.chunks(AT_ONCE).all(|some| send.send(some.iter().map(projected).collect::<Vec<_>>()).is_ok()))
    });
    Box::new(receive.into_iter().flatten())
}

fn projected(news: &DocumentNews) -> Option<Projected> {
    if news.chunks.is_empty() || news.chunks.len() > MANY_CHUNKS {
        return None;
    }
    let empty = Doc::empty(news.schema).ok()?;
    if let [only] = &news.chunks[..]
        && let Ok(change) = change_from_body(only)
        && let Some(tree) = Map::of_first(empty, &change)
    {
        return Some(Projected::of(empty.kind(), &tree));
    }
    let mut doc = Doc::with_schema(news.schema, news.generation).ok()?;
    news.chunks.iter().try_for_each(|chunk| doc.take_chunk(chunk)).ok()?;
    Some(Projected::of(doc.kind(), doc.tree()))
}
