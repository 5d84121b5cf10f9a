//! `POST /v1/photos`, from signed bytes to signed bytes.

use gridwalk_core::identity::SignedHead;
use gridwalk_core::ids::Id;
use gridwalk_core::kinds;
use gridwalk_core::photos::{file_hash, is_prepared};
use gridwalk_core::rules::Author;
use gridwalk_core::sync::protocol::{
    MAX_PHOTOS_BODY, PHOTOS_PATH, PhotoAnswer, PhotoAsk, PhotoVerb, PhotoWord, PhotosReply, PhotosRequest, RefusalCode, VERSION, WireFile, encode, seal_reply,
};

use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::photo_store::Piece;
use crate::registry::act_log::{Act, record};
use crate::store::{Arg, Conn, all};
use crate::sync::{Membership, author_of, use_nonce, verified};

/// The smallest piece but the last, in bytes: what one file may take of the store's patience is bounded.
const SMALLEST_PIECE: u64 = 4 << 10;

/// A file as its photo's document names it.
struct Named {
    hash: String,
    /// Its size in bytes.
    bytes: u32,
    /// The picture's size in pixels, of an original.
    pixels: Option<(u32, u32)>,
    /// Whether the device may see it.
    readable: bool,
    /// Whether the device's person took it: it may be sent although the record has moved on.
    own: bool,
    /// The kind of what it is about, if a circle alone reads that: then reading the file is logged.
    confidential: Option<&'static str>,
}

/// Answers a request about photos.
pub async fn handle_photos(hub: &Hub, head: &SignedHead, body: &[u8]) -> Result<Vec<u8>> {
    if body.len() > MAX_PHOTOS_BODY {
        return Err(HubError::Refused(RefusalCode::TooBig));
    }
    let home = verified(hub, head, PHOTOS_PATH, body).await?;
    let request = PhotosRequest::open(body).map_err(|_| HubError::Refused(RefusalCode::Malformed))?;
    if request.version != VERSION {
        return Err(HubError::Refused(RefusalCode::Version));
    }
    let mut read = hub.store.read().await?;
    let Some(tenant) = Tenant::find(&mut read, &request.tenant).await? else { return Err(HubError::Refused(RefusalCode::UnknownDevice)) };
    let member = Membership::active(Membership::find(&mut read, &tenant.id, head.device).await?)?;
    let author = author_of(&mut read, &tenant, head.device, member.person, None, hub.now()).await?;
    let mut named = Vec::new();
    for ask in &request.asks {
        named.push(find(&mut read, &tenant, &author, ask).await?);
    }
    drop(read);
    let mut tx = hub.store.write(&tenant.id).await?;
    use_nonce(&mut tx, &tenant.id, head, hub.now()).await?;
    for (ask, file) in request.asks.iter().zip(&named) {
        if let Some(file) = file.as_ref().filter(|file| file.readable && ask.verb == PhotoVerb::Get) {
            log_read(hub, &tenant, &mut tx, head, &author, ask, file).await?;
        }
    }
    tx.commit().await?;
    let mut answers = Vec::new();
    let mut left = MAX_PHOTOS_BODY / 2;
    for (ask, named) in request.asks.into_iter().zip(named) {
        let answer = match (ask.verb, named) {
            (PhotoVerb::Put, Some(file)) if file.readable || file.own => put(hub, &tenant, head, &file, ask).await?,
            (PhotoVerb::Get, Some(file)) if file.readable => get(hub, &tenant, &file, &ask, left).await?,
            _ => said(PhotoWord::Unknown, 0),
        };
        left = left.saturating_sub(answer.bytes.len());
        answers.push(answer);
    }
    let sealed = seal_reply(&tenant.key, &head.signature, &encode(&PhotosReply { hub_time: hub.now(), answers }));
    hub.gate.answered(head.device, &home, sealed.len(), hub.now());
    Ok(sealed)
}

fn said(word: PhotoWord, held: u32) -> PhotoAnswer {
    PhotoAnswer { word, held, bytes: Vec::new().into() }
}

/// Logs that a device asks for a file of what a circle alone reads.
async fn log_read(hub: &Hub, tenant: &Tenant, tx: &mut Conn, head: &SignedHead, author: &Author, ask: &PhotoAsk, file: &Named) -> Result<()> {
    let Some(kind) = file.confidential else { return Ok(()) };
    let which = if ask.file == WireFile::Original { "original" } else { "thumbnail" };
    let detail = format!("photo of {kind} person {} {which} from {}", author.person, ask.offset);
    record(tx, &tenant.id, hub.now(), Act { by: &head.device.to_string(), verb: "read", subject: &ask.doc, detail: &detail }).await
}

/// The file that an ask is about, by the photo's document: `None` if there is none, or the photo was taken back.
async fn find(connection: &mut Conn, tenant: &Tenant, author: &Author, ask: &PhotoAsk) -> Result<Option<Named>> {
    // An id has one spelling.
    let Ok(doc) = ask.doc.parse::<Id>() else { return Ok(None) };
    let key = || vec![Arg::text(&tenant.id), Arg::text(&doc.to_string())];
    let sql =
        "SELECT hash, bytes, width, height, thumb_hash, thumb_bytes, \"by\", (SELECT kind FROM documents d WHERE d.tenant_id = $1 AND d.doc = photos.about)
        FROM photos WHERE tenant_id = $1 AND doc = $2 AND removed = 0";
    let rows = all(connection, sql, key()).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let number = |column: usize| -> Result<u32> { Ok(row.get::<Option<i64>>(column)?.and_then(|n| n.try_into().ok()).unwrap_or(0)) };
    let (hash, bytes, pixels) = match ask.file {
        WireFile::Original => (0, number(1)?, Some((number(2)?, number(3)?))),
        WireFile::Thumbnail => (4, number(5)?, None),
    };
    let Some(hash) = row.get::<Option<String>>(hash)? else { return Ok(None) };
    let own = row.get::<Option<String>>(6)?.is_some_and(|by| by == author.person.to_string());
    let about = row.get::<Option<String>>(7)?.and_then(|kind| kinds::by_name(&kind));
    let confidential = about.filter(|kind| kind.is_confidential()).map(|kind| kind.name);
    let rows = all(connection, "SELECT audience FROM audiences WHERE tenant_id = $1 AND doc = $2 AND left_at IS NULL", key()).await?;
    let may: Vec<String> = author.audiences().iter().map(ToString::to_string).collect();
    let mut readable = false;
    for row in rows {
        readable |= may.contains(&row.get(0)?);
    }
    Ok(Some(Named { hash, bytes, pixels, readable, own, confidential }))
}

async fn get(hub: &Hub, tenant: &Tenant, file: &Named, ask: &PhotoAsk, left: usize) -> Result<PhotoAnswer> {
    let length = (ask.length as usize).min(left);
    let end = ask.offset.saturating_add(u32::try_from(length).unwrap_or(u32::MAX)).min(file.bytes);
    if hub.photos.size(&tenant.id, &file.hash).await?.is_none() {
        return Ok(said(PhotoWord::Part, 0));
    }
    if ask.offset >= end {
        return Ok(said(PhotoWord::Whole, file.bytes));
    }
    let bytes = hub.photos.read(&tenant.id, &file.hash, u64::from(ask.offset)..u64::from(end)).await?;
    Ok(bytes.map_or_else(|| said(PhotoWord::Part, 0), |bytes| PhotoAnswer { word: PhotoWord::Whole, held: file.bytes, bytes: bytes.into() }))
}

/// Takes a piece. The last one makes the file, if together they are what the document names.
async fn put(hub: &Hub, tenant: &Tenant, head: &SignedHead, file: &Named, ask: PhotoAsk) -> Result<PhotoAnswer> {
    if hub.photos.size(&tenant.id, &file.hash).await?.is_some() {
        return Ok(said(PhotoWord::Whole, file.bytes));
    }
    let bytes = Vec::from(ask.bytes);
    let end = u64::from(ask.offset) + bytes.len() as u64;
    if end > u64::from(file.bytes) {
        return Ok(said(PhotoWord::WrongHash, 0));
    }
    if ask.offset == 0 && end == u64::from(file.bytes) {
        return finish(hub, tenant, file, bytes).await;
    }
    let mut pieces = hub.photos.pieces(&tenant.id, &file.hash, head.device).await?;
    // A piece beyond what is here would leave a gap, one within it brings nothing.
    let is_large = bytes.len() as u64 >= SMALLEST_PIECE || end == u64::from(file.bytes);
    if is_large && u64::from(ask.offset) <= reach(&pieces) && end > reach(&pieces) {
        hub.photos.keep_piece(&tenant.id, &file.hash, head.device, ask.offset, bytes, hub.now()).await?;
        pieces = hub.photos.pieces(&tenant.id, &file.hash, head.device).await?;
    }
    let held = reach(&pieces);
    if held < u64::from(file.bytes) {
        return Ok(said(PhotoWord::Part, u32::try_from(held).unwrap_or(file.bytes)));
    }
    let answer = match compose(hub, &pieces).await? {
        Some(whole) => finish(hub, tenant, file, whole).await?,
        // The same device has sent the last piece twice at once, and the other request has made the file.
        None if hub.photos.size(&tenant.id, &file.hash).await?.is_some() => said(PhotoWord::Whole, file.bytes),
        None => said(PhotoWord::Part, 0),
    };
    hub.photos.remove_pieces(&pieces).await?;
    Ok(answer)
}

/// How far the pieces reach from the beginning without a gap.
fn reach(pieces: &[Piece]) -> u64 {
    pieces.iter().fold(0, |reach, piece| if piece.offset <= reach { reach.max(piece.offset + piece.length) } else { reach })
}

/// The pieces as one; `None` if one of them has gone meanwhile.
async fn compose(hub: &Hub, pieces: &[Piece]) -> Result<Option<Vec<u8>>> {
    let mut whole = Vec::new();
    for piece in pieces {
        let Some(bytes) = hub.photos.read_piece(piece).await? else { return Ok(None) };
        // Pieces may overlap: a phone that never heard an answer sends other sizes.
        let known = whole.len().saturating_sub(usize::try_from(piece.offset).unwrap_or(usize::MAX));
        whole.extend_from_slice(bytes.get(known..).unwrap_or_default());
    }
    Ok(Some(whole))
}

async fn finish(hub: &Hub, tenant: &Tenant, file: &Named, bytes: Vec<u8>) -> Result<PhotoAnswer> {
    if bytes.len() as u64 != u64::from(file.bytes) || file_hash(&bytes) != file.hash {
        return Ok(said(PhotoWord::WrongHash, 0));
    }
    if !is_prepared(&bytes, file.pixels) {
        return Ok(said(PhotoWord::NotAPhoto, 0));
    }
    hub.photos.keep(&tenant.id, &file.hash, bytes).await?;
    Ok(said(PhotoWord::Whole, file.bytes))
}
