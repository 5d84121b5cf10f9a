//! What goes out: unsent changes are closed into signed bundles and stored before they are first sent.

use std::collections::BTreeSet;

use rusqlite::{Transaction, params};

use super::communities::tenants_of;
use super::exchange::Signing;
use super::protocol::{
    Actors, BUNDLE_BYTES, Bundle, Group, MAX_WANTED, SYNC_PATH, Sealed, SyncRequest, TenantCursor, VERSION, WireChange, compress, decode, encode, pack,
};
use super::take_back::{Asked, kept_back};
use super::transport::SignedRequest;
use crate::error::Result;
use crate::identity::DeviceKey;
use crate::ids::Id;
use crate::phone::{HELD, Phone, newest_schema, state};

/// A request to sync, with what is needed to take its reply.
#[derive(Debug)]
pub struct Prepared {
    /// The request.
    pub request: SignedRequest,
    /// How far each community was read when it was made.
    pub(super) cursors: Vec<TenantCursor>,
    pub(super) bundles: Vec<i64>,
    pub(super) carried: Vec<i64>,
    pub(super) asked: Asked,
}

impl AsRef<SignedRequest> for Prepared {
    fn as_ref(&self) -> &SignedRequest {
        &self.request
    }
}

impl Phone {
    /// Builds the next request to `hub`, signed at `offset` seconds beside this phone's clock. Closes bundles first.
    /// A person asked for it.
    pub fn prepare_sync(&self, hub: &str, offset: i64) -> Result<Prepared> {
        self.prepare_sync_as(Asked::Person, hub, offset)
    }

    /// The same, as whoever asked for it.
    pub fn prepare_sync_as(&self, asked: Asked, hub: &str, offset: i64) -> Result<Prepared> {
        self.prepare_signed(asked, hub, self.signing(hub, offset)?)
    }

    pub(super) fn prepare_signed(&self, asked: Asked, hub: &str, signing: Signing) -> Result<Prepared> {
        let reading = self.read_clock()?;
        self.store.write(|tx| {
            let state = state(tx)?;
            let tenants = tenants_of(tx, hub)?;
            let mut cursors = Vec::new();
            let kept_back = kept_back(tx, asked, &reading)?;
            for t in &tenants {
                let cursor = TenantCursor { wanted: wanted(tx, &t.cursor.tenant, state.hub_time.unwrap_or(0))?, ..t.cursor.clone() };
                cursors.push(cursor);
                if t.caught_up {
                    close_bundles(tx, &t.cursor, &state.key(), &kept_back)?;
                }
            }
            let (bundles, sealed, budget) = offer(tx, hub, i64::from(state.max_bytes), state.hub_time.unwrap_or(0))?;
            let (offered, carried) = super::carried::offer(tx, hub, budget)?;
            let request =
                SyncRequest { version: VERSION, schema: newest_schema(), max_bytes: state.max_bytes, cursors: cursors.clone(), bundles: sealed, carried };
            let body = pack(&request)?;
            Ok(Prepared { request: signing.sign(&state.key(), SYNC_PATH, body), cursors, bundles, carried: offered, asked })
        })
    }

    /// The hubs this phone is enrolled with.
    pub fn hubs(&self) -> Result<Vec<String>> {
        self.store.read(|c| {
            Ok(c.prepare("SELECT hub FROM tenants GROUP BY hub ORDER BY min(rowid)")?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
        })
    }
}

/// The closed bundles of the next request to `hub`: those first that it has not answered, then those that wait there for the
/// longest, so that what waits keeps nothing else back. They go in the order they were closed: later ones may rest on earlier
/// ones. `budget` is how many bytes the request may have, and what is left of it; one bundle goes in any case. Of a community
/// that is read anew (after a restore, a new enrolment) none goes yet: what is sent then rests on what the hub has.
/// What a hub holds goes again when it tells another number than it was held under, and once a day (`now` is in seconds since the
/// Unix epoch, UTC).
fn offer(tx: &Transaction<'_>, hub: &str, mut budget: i64, now: i64) -> Result<(Vec<i64>, Vec<Sealed>, i64)> {
    let mut statement = tx.prepare_cached(
        "SELECT b.n, b.sealed, b.bytes FROM bundles b JOIN tenants t ON t.tenant = b.tenant
         WHERE t.hub = ?1 AND t.caught_up AND b.taken = 0 AND (b.held IS NULL OR b.held IS NOT t.dictionary OR b.asked <= ?2 - 86400) ORDER BY b.asked, b.n",
    )?;
    let mut rows = statement.query(params![hub, now])?;
    let mut chosen: Vec<(i64, Sealed)> = Vec::new();
    while let Some(row) = rows.next()? {
        budget -= row.get::<_, i64>(2)?;
        if budget < 0 && !chosen.is_empty() {
            break;
        }
        chosen.push((row.get(0)?, decode(row.get_ref(1)?.as_blob().unwrap_or_default(), "stored bundle")?));
    }
    chosen.sort_by_key(|(n, _)| *n);
    let (numbers, sealed) = chosen.into_iter().unzip();
    Ok((numbers, sealed, budget))
}

/// Unreadable documents of `tenant` that are asked for again at `now` (seconds since the Unix epoch, UTC): those that never were,
/// and once a day those that still cannot be read.
fn wanted(tx: &Transaction<'_>, tenant: &str, now: i64) -> Result<Vec<String>> {
    let mut statement = tx.prepare_cached("SELECT doc FROM unreadable WHERE tenant = ?1 AND coalesce(asked, 0) <= ?2 - 86400 ORDER BY asked, doc LIMIT ?3")?;
    Ok(statement.query_map(params![tenant, now, MAX_WANTED], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
}

struct Unsent {
    n: i64,
    command: i64,
    /// What a bundle says once for all its commands, and whether the hub holds them: the cursor that they were run at, the dictionary's
    /// numbers that they were first run and their changes were written under.
    made: (u64, u32, u32, bool),
    command_id: Id,
    doc: Id,
    generation: u32,
    schema: u16,
    hash: [u8; 32],
    body: Vec<u8>,
}

/// Closes bundles around all changes that are in none yet, but those of the commands that are kept back. From then on a command is
/// marked: it may have left this phone. A bundle names the cursor at which its commands were run: what
/// came meanwhile, perhaps in the very reply that made them run again, does not count against them. What the hub holds goes apart and
/// behind: it rests on what goes before.
pub(crate) fn close_bundles(tx: &Transaction<'_>, cursor: &TenantCursor, key: &DeviceKey, kept_back: &BTreeSet<i64>) -> Result<()> {
    let mut statement = tx.prepare_cached(
        "SELECT c.n, c.command, k.id, c.doc, c.generation, c.schema, c.hash, c.body, k.cursor,
           json_extract(k.body, '$.dictionary'), c.dictionary, coalesce(k.reason = ?2, 0) AS held FROM changes c
         JOIN commands k ON k.n = c.command
         WHERE k.state = 'unsent' AND c.bundle IS NULL AND c.taken = 0 AND json_extract(k.body, '$.tenant') = ?1 ORDER BY held, c.command, c.n",
    )?;
    let rows = statement.query_map([&*cursor.tenant, HELD], |r| {
        Ok(Unsent {
            n: r.get(0)?,
            command: r.get(1)?,
            command_id: r.get(2)?,
            doc: r.get(3)?,
            generation: r.get(4)?,
            schema: r.get(5)?,
            hash: r.get(6)?,
            body: r.get(7)?,
            made: (r.get(8)?, r.get(9)?, r.get(10)?, r.get(11)?),
        })
    })?;
    let mut changes: Vec<Unsent> = rows.collect::<rusqlite::Result<_>>()?;
    changes.retain(|change| !kept_back.contains(&change.command));
    let groups: Vec<&[Unsent]> = changes.chunk_by(|a, b| a.command == b.command).collect();
    let mut open = &groups[..];
    while let Some(first) = open.first() {
        let mut take = open.iter().take_while(|group| group[0].made == first[0].made).count();
        let (mut body, mut hashes) = draft(cursor, key, &open[..take]);
        let mut size = compress(&encode(&body))?.len();
        // A day's work fits at once; more is halved until it does. One command alone always goes.
        while size > BUNDLE_BYTES && take > 1 {
            take = take.div_ceil(2);
            (body, hashes) = draft(cursor, key, &open[..take]);
            size = compress(&encode(&body))?.len();
        }
        tx.execute(
            "INSERT INTO bundles (tenant, sealed, bytes) VALUES (?1, ?2, ?3)",
            params![cursor.tenant, encode(&body.seal(&hashes, key)), i64::try_from(size).unwrap_or(i64::MAX)],
        )?;
        let bundle = tx.last_insert_rowid();
        for change in open[..take].iter().copied().flatten() {
            tx.prepare_cached("UPDATE changes SET bundle = ?2 WHERE n = ?1")?.execute([change.n, bundle])?;
        }
        for group in &open[..take] {
            tx.prepare_cached("UPDATE commands SET closed = 1 WHERE n = ?1")?.execute([group[0].command])?;
        }
        open = &open[take..];
    }
    Ok(())
}

fn draft(cursor: &TenantCursor, key: &DeviceKey, groups: &[&[Unsent]]) -> (Bundle, Vec<[u8; 32]>) {
    let mut actors = Actors::default();
    let groups_out = groups.iter().map(|group| Group {
        command: actors.wire(group[0].command_id),
        changes: group
            .iter()
            .map(|c| WireChange { doc: actors.wire(c.doc), generation: c.generation, schema: c.schema, body: c.body.clone().into() })
            .collect(),
    });
    let groups_out = groups_out.collect();
    let (number, recorded, written, _) = groups[0][0].made;
    let bundle = Bundle {
        device: key.device().0.into(),
        tenant: cursor.tenant.clone(),
        epoch: cursor.epoch,
        number,
        actors: actors.into_list(),
        groups: groups_out,
        recorded,
        written,
    };
    (bundle, groups.iter().copied().flatten().map(|c| c.hash).collect())
}
