//! Reading the news of a device's audiences: one page of the tenant's sequence, from one snapshot.

use std::collections::{BTreeSet, HashMap};

use gridwalk_core::ids::Id;
use gridwalk_core::rules::Author;
use gridwalk_core::sync::protocol::{Actors, DocumentNews, MAX_WANTED, TenantCursor, TenantReply, audiences_hash};

use super::author::granted;
use super::entries::{self, What};
use crate::error::Result;
use crate::hub::{Hub, Tenant};
use crate::store::{Arg, Conn, Row, all, select_in};

/// Entries of one audience that one page looks at.
const PAGE_ENTRIES: i64 = 20_000;
/// How much plain CBOR one compressed byte stands for, by the reference community.
const PLAIN_PER_BYTE: usize = 4;

/// What one page reads.
pub(super) struct Asked<'a> {
    pub hub: &'a Hub,
    pub tenant: &'a Tenant,
    pub cursor: &'a TenantCursor,
    pub author: &'a Author,
    /// Numbers of the changes that this very request brought: the device has them.
    pub own: BTreeSet<u64>,
    pub max_bytes: usize,
}

/// What a page says of one document.
#[derive(Default)]
struct News {
    /// It is new to the device: all of it is to be sent.
    whole: bool,
    /// Changes that are news.
    numbers: BTreeSet<u64>,
    /// This request changed it.
    own: bool,
    /// This request made it: what the device does not know is where it has gone.
    made: bool,
    /// It left an audience of the device's.
    left: bool,
    /// It is no news, but the device could not read it.
    wanted: bool,
}

impl Asked<'_> {
    /// The news after the cursor, at most `max_bytes` of them (at least one document).
    pub async fn read(&self, connection: &mut Conn) -> Result<TenantReply> {
        let epoch = self.hub.store.epoch;
        let mut reply = TenantReply {
            tenant: self.tenant.id.clone(),
            epoch,
            from: self.cursor.number,
            number: self.cursor.number,
            backfills: self.cursor.backfills.iter().map(|b| b.number).collect(),
            granted: None,
            actors: Vec::new(),
            audiences: Vec::new(),
            documents: Vec::new(),
            more: false,
            keys: None,
        };
        let may = granted(self.author);
        if audiences_hash(may.audiences.iter().map(String::as_str)) != self.cursor.audiences {
            reply.granted = Some(may);
            return Ok(reply);
        }
        if self.cursor.epoch != epoch {
            return Ok(reply);
        }
        let top: i64 = all(connection, "SELECT number FROM tenants WHERE tenant_id = $1", vec![Arg::text(&self.tenant.id)]).await?[0].get(0)?;
        let top = u64::try_from(top).unwrap_or(0);
        let (entries, mut upper) = self.entries(connection, &may.audiences, top).await?;
        let mut news: BTreeSet<(u64, Id)> = BTreeSet::new();
        let mut by_doc: HashMap<Id, News> = HashMap::new();
        for (number, doc, what) in entries.into_iter().filter(|(n, ..)| *n <= upper) {
            let known = by_doc.entry(doc).or_insert_with(|| {
                news.insert((number, doc));
                News::default()
            });
            match (self.own.contains(&number), what) {
                (true, What::Entered) => known.made = true,
                (true, _) => known.own = true,
                (false, What::Entered) => known.whole = true,
                (false, What::Changed) => drop(known.numbers.insert(number)),
                (false, What::Left) => known.left = true,
            }
        }
        // All of what could not be read comes again, before everything else.
        for doc in self.cursor.wanted.iter().take(MAX_WANTED).filter_map(|id| id.parse().ok()) {
            let known = by_doc.entry(doc).or_insert_with(|| {
                news.insert((0, doc));
                News { wanted: true, ..News::default() }
            });
            known.whole = true;
        }
        self.fill(connection, &may.audiences, &news, &mut by_doc, &mut upper, &mut reply).await?;
        reply.more = upper < top;
        reply.number = upper.max(self.cursor.number);
        reply.backfills.iter_mut().for_each(|b| *b = upper.max(*b));
        Ok(reply)
    }

    /// Entries after the cursors, by number, and the number up to which they are complete.
    async fn entries(&self, connection: &mut Conn, audiences: &[String], top: u64) -> Result<(Vec<(u64, Id, What)>, u64)> {
        let mut found = Vec::new();
        let mut upper = top;
        for audience in audiences {
            let from = self.cursor.backfills.iter().find(|b| b.audience == *audience).map_or(self.cursor.number, |b| b.number);
            // Who reads an audience from its beginning has nothing of what left it; but a phone that is enrolled again may have
            // kept what its person did, and hears that in their own.
            let left = from > 0 || audience.starts_with("person:");
            let read = entries::after(connection, &self.tenant.id, audience, from, left, PAGE_ENTRIES).await?;
            let full = read.len() as i64 == PAGE_ENTRIES;
            let last = read.last().map_or(0, |(number, ..)| *number);
            found.extend(read);
            if full {
                // The last number may go on beyond the limit: what has it comes with the next page.
                upper = upper.min(last.saturating_sub(1));
            }
        }
        found.sort_unstable();
        Ok((found, upper))
    }

    async fn fill(
        &self,
        connection: &mut Conn,
        audiences: &[String],
        news: &BTreeSet<(u64, Id)>,
        by_doc: &mut HashMap<Id, News>,
        upper: &mut u64,
        reply: &mut TenantReply,
    ) -> Result<()> {
        let mut actors = Actors::default();
        let mut left = self.max_bytes.saturating_mul(PLAIN_PER_BYTE);
        let ordered: Vec<(u64, Id)> = news.iter().copied().collect();
        // As many documents at a time as one look at the database is worth.
        for block in ordered.chunks(256) {
            let details = self.details(connection, block, by_doc, audiences, *upper).await?;
            for (number, id) in block {
                let Some(detail) = details.get(id) else { continue };
                let known = &by_doc[id];
                // Of what the device may not read nothing is said, however often it asks.
                if known.wanted && detail.audiences.is_empty() {
                    continue;
                }
                let size: usize = 32 + detail.chunks.iter().map(Vec::len).sum::<usize>();
                if size > left && !reply.documents.is_empty() {
                    // What comes later in the sequence waits for the next page, also of documents already in this one.
                    *upper = number.saturating_sub(1);
                    reply.actors = actors.into_list();
                    return Ok(());
                }
                left = left.saturating_sub(size);
                if known.own && !known.whole && !known.made && !known.left && detail.chunks.is_empty() {
                    continue;
                }
                // What this very request brought is not sent back, also not where it moved.
                let all_own = known.whole && detail.foreign == 0;
                let mut places = Vec::new();
                for audience in &detail.audiences {
                    let at = reply.audiences.iter().position(|a| a == audience).unwrap_or_else(|| {
                        reply.audiences.push(audience.clone());
                        reply.audiences.len() - 1
                    });
                    places.push(u32::try_from(at).unwrap_or(u32::MAX));
                }
                reply.documents.push(DocumentNews {
                    doc: actors.wire(*id),
                    generation: detail.generation,
                    schema: detail.schema,
                    audiences: places,
                    whole: known.whole && !all_own,
                    chunks: if all_own { Vec::new() } else { detail.chunks.iter().map(|c| c.clone().into()).collect() },
                });
            }
        }
        reply.actors = actors.into_list();
        Ok(())
    }

    async fn details(
        &self,
        connection: &mut Conn,
        block: &[(u64, Id)],
        by_doc: &HashMap<Id, News>,
        audiences: &[String],
        upper: u64,
    ) -> Result<HashMap<Id, Detail>> {
        let keys: Vec<String> = block.iter().map(|(_, id)| id.to_string()).collect();
        let tenant = &self.tenant.id;
        let mut details: HashMap<Id, Detail> = HashMap::new();
        // One row a document: rows are what a large page costs.
        let sql = "SELECT doc, schema, generation, kept_until,
              (SELECT string_agg(audience, ' ') FROM audiences a WHERE a.tenant_id = $1 AND a.doc = d.doc AND left_at IS NULL)
            FROM documents d WHERE tenant_id = $1 AND doc IN ({in})";
        for row in select_in(connection, sql, tenant, &keys).await? {
            let schema = u16::try_from(row.get::<i64>(1)?).unwrap_or(u16::MAX);
            let generation = u32::try_from(row.get::<i64>(2)?).unwrap_or(u32::MAX);
            let all = row.get::<Option<String>>(4)?.unwrap_or_default();
            let mut audiences: Vec<String> = all.split(' ').filter(|a| audiences.iter().any(|own| own == a)).map(str::to_owned).collect();
            // What phones do not hold any longer is not sent; that it left is.
            if !audiences.is_empty() && row.get::<Option<i64>>(3)?.is_some_and(|until| until < self.hub.confirmed_now()) {
                continue;
            }
            audiences.sort();
            details.insert(row.get(0)?, Detail { schema, generation, audiences, ..Detail::default() });
        }
        let bodies = |row: &Row| -> Result<(u64, Id, Vec<u8>)> { Ok((u64::try_from(row.get::<i64>(0)?).unwrap_or(0), row.get(1)?, row.get(2)?)) };
        // All changes of documents that are new to the device; of the others those that are news are picked out below. By
        // document first: ordered by number alone, SQLite reads the whole tenant.
        let asked = |id: &Id| by_doc[id].whole || !by_doc[id].numbers.is_empty();
        let keys: Vec<String> = block.iter().filter(|(_, id)| asked(id)).map(|(_, id)| id.to_string()).collect();
        let sql = "SELECT number, doc, body FROM changes WHERE tenant_id = $1 AND doc IN ({in}) ORDER BY doc, number";
        let rows = select_in(connection, sql, tenant, &keys).await?;
        for row in &rows {
            let (number, id, body) = bodies(row)?;
            // A document that left this device's audiences takes nothing along.
            let news = &by_doc[&id];
            if let Some(detail) = details.get_mut(&id).filter(|d| !d.audiences.is_empty())
                && number <= upper
                && (news.whole || news.numbers.contains(&number))
            {
                detail.foreign += usize::from(!self.own.contains(&number));
                detail.chunks.push(body);
            }
        }
        Ok(details)
    }
}

#[derive(Default)]
struct Detail {
    schema: u16,
    generation: u32,
    audiences: Vec<String>,
    chunks: Vec<Vec<u8>>,
    /// How many of the chunks the requester did not bring.
    foreign: usize,
}
