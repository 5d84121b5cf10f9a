//! The files of photos, after the documents: thumbnails first, many in a request; then originals in pieces, where the
//! community's settings allow the network. What the hub has of a file it says itself: a transfer cut anywhere goes on there.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::communities::community_keys;
use super::exchange::Exchange;
use super::protocol::{
    MAX_PHOTO_ASKS, PHOTOS_PATH, PhotoAnswer, PhotoAsk, PhotoVerb, PhotoWord, PhotosReply, PhotosRequest, VERSION, WireFile, decode, encode, open_reply,
};
use super::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::Id;
use crate::phone::{Phone, no_photo, state};
use crate::photos::document::PHOTOS;
use crate::photos::{Files, PhotoSize, file_hash, file_of, networks, troubles};
use crate::settings::PhotoNetworks;
use crate::store::tenant_of;

/// How often a file is begun again after something else than it arrived at the hub.
const TRIES: u32 = 3;

/// What the phone is connected to, as its system tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// Bytes cost nothing: most wireless networks.
    Unmetered,
    /// Bytes are paid for: the mobile network.
    Metered,
}

/// How far the files have come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PhotoProgress {
    /// Bytes of files sent so far.
    pub sent_bytes: u64,
    /// Bytes of files received so far.
    pub received_bytes: u64,
    /// Files of photos that wait to be sent.
    pub unsent: u64,
}

/// What a sync of photos did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PhotoReport {
    /// Requests answered.
    pub requests: u32,
    /// Files that the hub has now.
    pub sent: u64,
    /// Thumbnails that came.
    pub received: u64,
    /// Bytes of files sent.
    pub sent_bytes: u64,
    /// Bytes of files received.
    pub received_bytes: u64,
    /// Files that wait to be sent: for a network that is allowed, for their documents, or for someone to look at them.
    pub unsent: u64,
    /// Photos that are not sent any more because the hub found something else in them; see [`Phone::photo_troubles`].
    pub troubles: u64,
}

impl PhotoReport {
    fn progress(&self) -> PhotoProgress {
        PhotoProgress { sent_bytes: self.sent_bytes, received_bytes: self.received_bytes, unsent: self.unsent }
    }
}

/// A file on its way, as it is asked about.
struct Pending {
    doc: Id,
    hash: String,
    size: PhotoSize,
    verb: PhotoVerb,
    /// Whether an older epoch of the hub had it.
    again: bool,
}

/// What one sync of photos remembers between its requests.
#[derive(Default)]
struct Session {
    /// How many bytes of an original the hub has, by hash.
    held: BTreeMap<String, u32>,
    /// Files that cannot go on in this sync: the hub does not know their document yet, or has not got them either.
    passed: BTreeSet<(String, bool)>,
}

impl Phone {
    /// Sends and receives the files of photos with every hub this phone is enrolled with, after [`Phone::sync`]: thumbnails
    /// always, originals that were taken here over a network that the community's settings allow. A restored hub is offered what
    /// is here of the others' too.
    ///
    /// # Errors
    /// Those of [`Phone::sync`]; what has been carried stays so, the next sync goes on from there.
    pub async fn sync_photos(&self, network: Network, progress: impl Fn(PhotoProgress) + Send + Sync) -> Result<PhotoReport> {
        let (mut report, mut failed) = (PhotoReport::default(), None);
        for hub in self.hubs()? {
            let transport = self.transport_to(&hub)?;
            if let Err(e) = self.sync_photos_with(&hub, &transport, network, &mut report, &progress).await {
                failed.get_or_insert(e);
            }
        }
        self.sweep_photos()?;
        failed.map_or(Ok(report), Err)
    }

    /// The same with the hub at address `hub`, carried by `transport`.
    pub async fn sync_photos_with(
        &self,
        hub: &str,
        transport: &impl Transport,
        network: Network,
        report: &mut PhotoReport,
        progress: &(impl Fn(PhotoProgress) + Send + Sync),
    ) -> Result<()> {
        let mut exchange = Exchange::new(self, hub, transport);
        for tenant in self.tenants_at(hub)? {
            let mut session = Session::default();
            loop {
                let (pending, asks) = self.next_asks(&tenant, network, &session)?;
                if asks.is_empty() {
                    break;
                }
                let reply = self.ask(&mut exchange, &PhotosRequest { version: VERSION, tenant: tenant.clone(), asks: asks.clone() }).await?;
                if reply.answers.len() != asks.len() {
                    return Err(Error::malformed("photos"));
                }
                report.requests += 1;
                self.take_answers(&pending, &asks, &reply.answers, &mut session, report)?;
                self.store.read(|c| count_left(c, report))?;
                progress(report.progress());
            }
        }
        self.store.read(|c| count_left(c, report))
    }

    /// Fetches a photo's original from the hub, if it is not here. Returns it. What came before a cut is kept.
    ///
    /// # Errors
    /// `not_allowed` over a network that the community's settings do not allow; `not_found` if the hub has not got it (yet).
    pub async fn fetch_photo(&self, photo: Id, network: Network, progress: impl Fn(PhotoProgress) + Send + Sync) -> Result<Vec<u8>> {
        let hub = self.store.read(|c| {
            let tenant = tenant_of(c, photo)?.ok_or_else(no_photo)?;
            Ok(c.query_row("SELECT hub FROM tenants WHERE tenant = ?1", [tenant], |r| r.get::<_, String>(0))?)
        })?;
        let transport = self.transport_to(&hub)?;
        self.fetch_photo_with(&hub, &transport, photo, network, &progress).await
    }

    /// The same from the hub at address `hub`, carried by `transport`.
    pub async fn fetch_photo_with(
        &self,
        hub: &str,
        transport: &impl Transport,
        photo: Id,
        network: Network,
        progress: &(impl Fn(PhotoProgress) + Send + Sync),
    ) -> Result<Vec<u8>> {
        if let Some(original) = self.photo_original(photo)? {
            return Ok(original);
        }
        let (tenant, allowed, (hash, size)) = self.store.read(|c| {
            let tenant = tenant_of(c, photo)?.ok_or_else(no_photo)?;
            let allowed = allows(networks(c, &tenant)?, network);
            Ok((tenant, allowed, file_of(c, photo, PhotoSize::Original)?.ok_or_else(no_photo)?))
        })?;
        if !allowed {
            return Err(Error::new(
                ErrorKind::NotAllowed,
                "按社区设置，现在的网络不传原图；请连接无线网络后再试",
                "the community's settings do not allow originals over this network; try again on an unmetered one",
            ));
        }
        let mut report = PhotoReport::default();
        let mut exchange = Exchange::new(self, hub, transport);
        for _ in 0..TRIES {
            let bytes = self.download(&mut exchange, (&tenant, photo), size, (&mut report, progress)).await?;
            let right = file_hash(&bytes) == hash;
            self.store.write(|tx| {
                tx.execute("DELETE FROM photo_downloads WHERE doc = ?1", [photo])?;
                if right { keep_received(self, tx, photo, &hash, &bytes, true) } else { Ok(()) }
            })?;
            if right {
                self.notify(&[PHOTOS.name]);
                return Ok(bytes);
            }
        }
        Err(Error::malformed("photo"))
    }

    /// Fetches what is missing of an original, piece by piece; each is kept before the next is asked for.
    async fn download(
        &self,
        exchange: &mut Exchange<'_, impl Transport>,
        (tenant, photo): (&str, Id),
        size: u32,
        (report, progress): (&mut PhotoReport, &(impl Fn(PhotoProgress) + Send + Sync)),
    ) -> Result<Vec<u8>> {
        let parts = "SELECT bytes FROM photo_downloads WHERE doc = ?1";
        let mut bytes: Vec<u8> = self.store.read(|c| Ok(c.query_row(parts, [photo], |r| r.get(0)).optional()?.unwrap_or_default()))?;
        while bytes.len() < size as usize {
            // It is smaller than `size`.
            let offset = u32::try_from(bytes.len()).unwrap_or(size);
            let length = self.store.read(|c| Ok(state(c)?.max_bytes))?.min(size - offset);
            let ask = PhotoAsk { doc: photo.to_string(), file: WireFile::Original, verb: PhotoVerb::Get, offset, length, bytes: Vec::new().into() };
            let reply = self.ask(exchange, &PhotosRequest { version: VERSION, tenant: tenant.to_owned(), asks: vec![ask] }).await?;
            let answer = reply.answers.first().filter(|a| a.word == PhotoWord::Whole && a.bytes.len() <= length as usize);
            let Some(answer) = answer.filter(|a| !a.bytes.is_empty()) else {
                return Err(Error::not_found("原图还没有送到服务器，请稍后再试", "the original has not reached the hub yet; try again later"));
            };
            bytes.extend_from_slice(&answer.bytes);
            self.store.write(|tx| {
                tx.execute("INSERT INTO photo_downloads VALUES (?1, ?2) ON CONFLICT (doc) DO UPDATE SET bytes = excluded.bytes", params![photo, bytes])
                    .map(drop)
                    .map_err(Error::from)
            })?;
            report.received_bytes += answer.bytes.len() as u64;
            progress(report.progress());
        }
        Ok(bytes)
    }

    /// What the next request carries, up to what one may: thumbnails up and down, then how much the hub has of each original,
    /// then the next piece of one.
    fn next_asks(&self, tenant: &str, network: Network, session: &Session) -> Result<(Vec<Pending>, Vec<PhotoAsk>)> {
        let originals = self.store.read(|c| Ok(allows(networks(c, tenant)?, network)))?;
        let (pending, budget) = self.store.read(|c| Ok((pending(c, tenant, originals, session)?, state(c)?.max_bytes as usize)))?;
        let (mut taken, mut asks, mut size) = (Vec::new(), Vec::new(), 0);
        for file in pending {
            let mut ask = PhotoAsk {
                doc: file.doc.to_string(),
                file: if file.size == PhotoSize::Original { WireFile::Original } else { WireFile::Thumbnail },
                verb: file.verb,
                offset: 0,
                length: 0,
                bytes: Vec::new().into(),
            };
            match (file.verb, file.size) {
                (PhotoVerb::Get, _) => {
                    ask.length = self.store.read(|c| Ok(file_of(c, file.doc, file.size)?.map_or(0, |(_, bytes)| bytes)))?;
                    size += ask.length as usize;
                }
                (PhotoVerb::Put, of) if (of == PhotoSize::Original || file.again) && !session.held.contains_key(&file.hash) => size += 64,
                (PhotoVerb::Put, _) => {
                    let Some(bytes) = self.file_to_send(&file)? else { continue };
                    let from = session.held.get(&file.hash).copied().unwrap_or(0);
                    let rest = bytes.get(from as usize..).unwrap_or_default();
                    ask.offset = from;
                    ask.bytes = rest[..rest.len().min(budget)].to_vec().into();
                    size += ask.bytes.len();
                }
            }
            if !asks.is_empty() && (size > budget || asks.len() == MAX_PHOTO_ASKS) {
                break;
            }
            taken.push(file);
            asks.push(ask);
        }
        Ok((taken, asks))
    }

    /// What a file holds that is to be sent; one that is gone or damaged is not tried again.
    fn file_to_send(&self, file: &Pending) -> Result<Option<Vec<u8>>> {
        match self.store.read(|c| Files::of(c, self.store.folder())?.read(&file.hash)) {
            Ok(Some(bytes)) => Ok(Some(bytes)),
            Err(e) if e.kind() != ErrorKind::Damaged => Err(e),
            _ => self.store.write(|tx| give_up(tx, &file.hash, "damaged").map(|()| None)),
        }
    }

    fn take_answers(&self, pending: &[Pending], asks: &[PhotoAsk], answers: &[PhotoAnswer], session: &mut Session, report: &mut PhotoReport) -> Result<()> {
        let mut changed = false;
        self.store.write(|tx| {
            for ((file, ask), answer) in pending.iter().zip(asks).zip(answers) {
                let pass = (file.hash.clone(), file.verb == PhotoVerb::Get);
                match (file.verb, answer.word) {
                    (PhotoVerb::Put, PhotoWord::Whole) => {
                        report.sent += 1;
                        report.sent_bytes += ask.bytes.len() as u64;
                        changed = true;
                        tx.execute("UPDATE photo_files SET sent = 1, again = 0, tries = 0 WHERE hash = ?1", [&file.hash])?;
                    }
                    (PhotoVerb::Put, PhotoWord::Part) => {
                        report.sent_bytes += ask.bytes.len() as u64;
                        let before = session.held.insert(file.hash.clone(), answer.held);
                        // A hub that has no more of it than before will have no more of it next time.
                        if !ask.bytes.is_empty() && before.unwrap_or(0) >= answer.held {
                            session.passed.insert(pass);
                        }
                    }
                    (PhotoVerb::Put, PhotoWord::WrongHash | PhotoWord::NotAPhoto) => {
                        session.held.insert(file.hash.clone(), 0);
                        let tries = "UPDATE photo_files SET tries = tries + 1 WHERE hash = ?1 RETURNING tries";
                        let tries: Option<u32> = tx.query_row(tries, [&file.hash], |r| r.get(0)).optional()?;
                        let reason = if answer.word == PhotoWord::WrongHash { "wrong_hash" } else { "not_a_photo" };
                        if tries.is_none_or(|tries| tries >= TRIES) {
                            give_up(tx, &file.hash, reason)?;
                        }
                    }
                    (PhotoVerb::Get, PhotoWord::Whole) if file_hash(&answer.bytes) == file.hash => {
                        report.received += 1;
                        report.received_bytes += answer.bytes.len() as u64;
                        changed = true;
                        keep_received(self, tx, file.doc, &file.hash, &answer.bytes, file.size == PhotoSize::Original)?;
                    }
                    // Asked for in full and not given: the reply was full. The rest comes with the next request.
                    (PhotoVerb::Get, PhotoWord::Whole) if answer.bytes.is_empty() && answers.iter().any(|a| !a.bytes.is_empty()) => {}
                    _ => drop(session.passed.insert(pass)),
                }
            }
            Ok(())
        })?;
        if changed {
            self.notify(&[PHOTOS.name]);
        }
        Ok(())
    }

    /// Asks about photos.
    async fn ask(&self, exchange: &mut Exchange<'_, impl Transport>, request: &PhotosRequest) -> Result<PhotosReply> {
        let body = encode(request);
        let key = self.store.read(|c| Ok(state(c)?.key()))?;
        let (request, bytes) = exchange.ask_sized(|signing| Ok(signing.sign(&key, PHOTOS_PATH, body.clone()))).await?;
        let keys = self.store.read(|c| community_keys(c, &request.hub))?;
        let reply = decode(open_reply(&keys, &request.head.signature, &bytes)?, "photos")?;
        self.scale_max_bytes(|bytes| bytes.saturating_mul(2))?;
        Ok(reply)
    }

    fn tenants_at(&self, hub: &str) -> Result<Vec<String>> {
        self.store.read(|c| {
            Ok(c.prepare("SELECT tenant FROM tenants WHERE hub = ?1 ORDER BY rowid")?.query_map([hub], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
        })
    }
}

/// Whether originals travel over `network`.
fn allows(chosen: PhotoNetworks, network: Network) -> bool {
    match chosen {
        PhotoNetworks::Any => true,
        PhotoNetworks::Unmetered => network == Network::Unmetered,
        PhotoNetworks::Never => false,
    }
}

/// The files of a community that are to be sent or fetched, in the order in which they go: thumbnails up, thumbnails down (the
/// newest first), originals up. A file goes only after its document: the hub takes nothing that no document names.
fn pending(connection: &Connection, tenant: &str, originals: bool, session: &Session) -> Result<Vec<Pending>> {
    let up = "SELECT coalesce((SELECT p.doc FROM photos p WHERE p.hash = f.hash OR p.thumb_hash = f.hash LIMIT 1), f.doc) AS photo, f.hash, f.again FROM photo_files f
        WHERE NOT f.sent AND f.trouble IS NULL AND f.original = ?1
          AND NOT EXISTS (SELECT 1 FROM changes c WHERE c.doc = f.doc AND c.taken = 0) ORDER BY f.doc";
    let down = "SELECT p.doc, p.thumb_hash, 0 FROM photos p
        WHERE p.thumb_hash IS NOT NULL AND ?1 = 0 AND NOT EXISTS (SELECT 1 FROM photo_files f WHERE f.hash = p.thumb_hash) ORDER BY p.at DESC";
    let only: bool = connection.query_row("SELECT count(*) = 1 FROM tenants", [], |r| r.get(0))?;
    let mut found = Vec::new();
    let passes = [(up, PhotoVerb::Put, PhotoSize::Thumbnail), (down, PhotoVerb::Get, PhotoSize::Thumbnail), (up, PhotoVerb::Put, PhotoSize::Original)];
    for (sql, verb, size) in passes {
        let is_original = size == PhotoSize::Original;
        if is_original && !originals {
            continue;
        }
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([is_original], |r| Ok(Pending { doc: r.get(0)?, hash: r.get(1)?, size, verb, again: r.get(2)? }))?;
        for file in rows {
            let file = file?;
            // What left this phone before its files were sent is told to every community: only its own knows it.
            let here = only || tenant_of(connection, file.doc)?.is_none_or(|t| t == tenant);
            if here && !session.passed.contains(&(file.hash.clone(), verb == PhotoVerb::Get)) {
                found.push(file);
            }
        }
    }
    // How much the hub has of each original is asked at once, before the first piece goes.
    found.sort_by_key(|f| f.size == PhotoSize::Original && session.held.contains_key(&f.hash));
    Ok(found)
}

fn keep_received(phone: &Phone, tx: &rusqlite::Transaction<'_>, doc: Id, hash: &str, bytes: &[u8], original: bool) -> Result<()> {
    Files::of(tx, phone.store.folder())?.write(tx, hash, bytes, &*phone.random)?;
    tx.execute("INSERT INTO photo_files (hash, doc, original, sent) VALUES (?1, ?2, ?3, 1) ON CONFLICT DO NOTHING", params![hash, doc, original])?;
    Ok(())
}

/// A file that is not sent any more, and why.
fn give_up(tx: &Connection, hash: &str, reason: &str) -> Result<()> {
    Ok(tx.execute("UPDATE photo_files SET trouble = ?2 WHERE hash = ?1", [hash, reason]).map(drop)?)
}

fn count_left(connection: &Connection, report: &mut PhotoReport) -> Result<()> {
    report.unsent = connection.query_row("SELECT count(*) FROM photo_files WHERE NOT sent", [], |r| r.get(0))?;
    report.troubles = troubles(connection)?.len() as u64;
    Ok(())
}
