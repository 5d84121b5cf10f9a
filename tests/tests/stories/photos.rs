//! Photos end to end: taken on a phone, kept encrypted, sent after the documents, seen by those who may and by no one else; on a
//! folder and on a real S3 server.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use gridwalk_core::identity::SignedHead;
use gridwalk_core::photos::RemovePhoto;
use gridwalk_core::store::PHOTO_FOLDER;
use gridwalk_core::sync::protocol::{
    PHOTOS_PATH, PhotoAnswer, PhotoAsk, PhotoVerb, PhotoWord, PhotosReply, PhotosRequest, RefusalCode, VERSION, WireFile, decode, encode, open_reply,
    seal_reply,
};
use gridwalk_core::sync::{Answer, HttpTransport, Network, PhotoReport, SignedRequest, Transport};
use gridwalk_core::{Error, ErrorKind, Id, Phone, Result};
use gridwalk_hub::admin;
use gridwalk_hub::photos::sweep;
use gridwalk_tests::harness::{Device, TestHub};
use gridwalk_tests::pictures::{jpeg, with_exif};

use crate::s3::S3Server;
use crate::wire::{Hand, post};
use crate::world::{World, device_id, tell, text, visit};

/// A community whose photos lie on an S3 server.
pub async fn on_s3(seed: u64, households: usize) -> (World, S3Server) {
    let dir = tempfile::tempdir().unwrap();
    let server = S3Server::start(&dir.path().join("s3")).await;
    let hub = TestHub::start_with(&dir.path().join("hub"), seed, server.store()).await.unwrap();
    (World::around(dir, hub, households).await, server)
}

/// Syncs documents, then photos.
pub async fn sync(device: &Device) -> PhotoReport {
    device.sync().await.unwrap();
    over(device, Network::Unmetered).await
}

/// Syncs photos alone, over such a network.
pub async fn over(device: &Device, network: Network) -> PhotoReport {
    device.phone.sync_photos(network, |_| {}).await.unwrap()
}

/// The names of the files in a phone's photo folder.
pub fn files(device: &Device) -> BTreeSet<PathBuf> {
    std::fs::read_dir(device.folder.join(PHOTO_FOLDER)).map(|all| all.map(|e| e.unwrap().path()).collect()).unwrap_or_default()
}

/// The hashes that the hub keeps.
pub async fn kept(w: &World) -> Vec<String> {
    w.hub.hub.photos.hashes(&w.hub.tenant.id).await.unwrap()
}

/// How many pieces of files under way the hub keeps.
pub async fn pieces(w: &World) -> usize {
    w.hub.hub.photos.all_pieces(&w.hub.tenant.id).await.unwrap().len()
}

/// Small steps, so that a photo takes several.
pub fn small_steps(phone: &Phone) {
    tell(phone, "UPDATE state SET max_bytes = 8192");
}

/// A carrier that loses the answer to every request from the `after`-th on.
struct Losing {
    inner: HttpTransport,
    after: u32,
    asked: AtomicU32,
    /// Bytes of files that went up, by where they begin.
    sent: Mutex<Vec<(u32, usize)>>,
}

impl Losing {
    fn new(w: &World, after: u32) -> Self {
        Self { inner: HttpTransport::new(&w.hub.url(), None).unwrap(), after, asked: AtomicU32::new(0), sent: Mutex::default() }
    }
}

impl Transport for Losing {
    async fn post(&self, request: &SignedRequest) -> Result<Answer> {
        let body: PhotosRequest = decode(&request.body, "test").unwrap();
        self.sent.lock().unwrap().extend(body.asks.iter().filter(|a| a.file == WireFile::Original && !a.bytes.is_empty()).map(|a| (a.offset, a.bytes.len())));
        let answer = self.inner.post(request).await;
        // It arrived; only nobody hears of it.
        if self.asked.fetch_add(1, Ordering::SeqCst) >= self.after { Err(Error::new(ErrorKind::Offline, "断线", "cut")) } else { answer }
    }
}

async fn carried(device: &Device, w: &World, carrier: &impl Transport) -> Result<PhotoReport> {
    let mut report = PhotoReport::default();
    device.phone.sync_photos_with(&w.hub.url(), carrier, Network::Unmetered, &mut report, &|_| {}).await.map(|()| report)
}

/// One ask, as no gridwalk phone would make it.
pub async fn ask(w: &World, device: &Device, ask: PhotoAsk) -> std::result::Result<PhotoAnswer, RefusalCode> {
    let hand = Hand::of(device);
    let body = encode(&PhotosRequest { version: VERSION, tenant: w.hub.tenant.id.clone(), asks: vec![ask] });
    let mut nonce = [0; 9];
    w.hub.hub.fill(&mut nonce);
    let head = SignedHead::sign(&hand.key, PHOTOS_PATH, &body, w.hub.hub.now(), nonce);
    let bytes = post(w, PHOTOS_PATH, &head, &body).await?;
    let reply: PhotosReply = decode(open_reply(&[w.hub.tenant.key.public()], &head.signature, &bytes).unwrap(), "photos").unwrap();
    Ok(reply.answers[0].clone())
}

pub fn get(photo: Id, file: WireFile) -> PhotoAsk {
    PhotoAsk { doc: photo.to_string(), file, verb: PhotoVerb::Get, offset: 0, length: 1 << 20, bytes: vec![].into() }
}

pub fn put(photo: Id, offset: usize, bytes: &[u8]) -> PhotoAsk {
    let offset = u32::try_from(offset).unwrap();
    PhotoAsk { doc: photo.to_string(), file: WireFile::Original, verb: PhotoVerb::Put, offset, length: 0, bytes: bytes.to_vec().into() }
}

async fn a_photo_goes_where_its_record_goes(w: World) {
    let (a, b, c) = (w.worker(1, "g00").await, w.worker(2, "g00").await, w.worker(3, "g01").await);
    let call = a.phone.run(visit(w.households[0], "门口堆物")).unwrap().value;
    let taken = with_exif(&jpeg(2000, 1500, 1), 6);
    let photo = a.phone.take_photo(call, &taken).unwrap().value;
    let original = a.phone.photo_original(photo).unwrap().unwrap();
    let thumbnail = a.phone.photo_thumbnail(photo).unwrap().unwrap();
    assert!(thumbnail.len() <= 6144 && original.len() < taken.len());
    let shown = a.phone.photos_of(call).unwrap();
    assert_eq!(shown.len(), 1);
    assert_eq!((shown[0].width, shown[0].height, shown[0].unsent), (1200, 1600, true), "upright, and still to be sent");
    assert_eq!(a.phone.photos_of(w.households[0]).unwrap(), shown, "the household's page shows it too");

    // Nothing of it goes before its document.
    assert_eq!(a.phone.sync_photos(Network::Unmetered, |_| {}).await.unwrap().sent, 0);
    let report = sync(&a).await;
    assert_eq!((report.sent, report.unsent, report.troubles), (2, 0, 0));
    assert!(!a.phone.photos_of(call).unwrap()[0].unsent);
    assert_eq!(sync(&a).await.requests, 0, "nothing to do costs nothing");

    for device in [&b, &w.desk] {
        assert_eq!(sync(device).await.received, 1);
        assert_eq!(device.phone.photo_thumbnail(photo).unwrap().as_deref(), Some(&*thumbnail));
        assert_eq!(device.phone.photo_original(photo).unwrap(), None, "only on demand");
        small_steps(&device.phone);
        let fetched = device.phone.fetch_photo(photo, Network::Unmetered, |_| {}).await.unwrap();
        assert_eq!(fetched, original);
        assert_eq!(device.phone.photo_original(photo).unwrap().as_deref(), Some(&*original), "and then it stays");
        assert_eq!(text(&device.phone, "SELECT doc FROM photo_downloads"), [""; 0]);
    }

    // The other grid does not hear of it, and who asks by its id all the same is told nothing.
    assert_eq!(sync(&c).await.received, 0);
    assert!(c.phone.photos_of(call).unwrap().is_empty());
    for file in [WireFile::Thumbnail, WireFile::Original] {
        let answer = ask(&w, &c, get(photo, file)).await.unwrap();
        assert_eq!((answer.word, answer.held, answer.bytes.len()), (PhotoWord::Unknown, 0, 0));
        let answer = ask(&w, &b, get(photo, file)).await.unwrap();
        assert_eq!(answer.word, PhotoWord::Whole, "it is there for those who may");
    }
    assert_eq!(ask(&w, &c, put(photo, 0, b"anything")).await.unwrap().word, PhotoWord::Unknown);

    // A revoked device is refused from the next request.
    admin::revoke(&w.hub.hub, device_id(&b)).await.unwrap();
    assert_eq!(ask(&w, &b, get(photo, WireFile::Thumbnail)).await.unwrap_err(), RefusalCode::Revoked);
    let e = b.phone.sync_photos(Network::Unmetered, |_| {}).await;
    assert!(e.is_ok(), "nothing to ask, nothing refused");

    // Taken back, its files go from every phone and from the hub.
    assert_eq!(c.phone.run(RemovePhoto { photo }).unwrap_err().kind(), ErrorKind::NotFound);
    a.phone.run(RemovePhoto { photo }).unwrap();
    assert!(files(&a).is_empty());
    assert_eq!(a.phone.photo_thumbnail(photo).unwrap_err().kind(), ErrorKind::NotFound);
    sync(&a).await;
    sync(&w.desk).await;
    assert!(files(&w.desk).is_empty());
    assert_eq!(ask(&w, &a, get(photo, WireFile::Thumbnail)).await.unwrap().word, PhotoWord::Unknown);
    assert_eq!(sweep(&w.hub.hub, &w.hub.tenant).await.unwrap(), 2);
    assert!(kept(&w).await.is_empty());
    w.settle(&[&a, &c]).await;
    w.assert_agreement(&[&a, &c]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_goes_where_its_record_goes_with_a_folder() {
    a_photo_goes_where_its_record_goes(World::start(900, 2).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_goes_where_its_record_goes_with_s3() {
    let (w, _server) = on_s3(901, 2).await;
    a_photo_goes_where_its_record_goes(w).await;
}

async fn a_transfer_cut_anywhere_goes_on_where_the_hub_is(w: World) {
    let a = w.worker(1, "g00").await;
    let photo = a.phone.take_photo(w.households[0], &jpeg(3000, 2000, 2)).unwrap().value;
    let size = a.phone.photo_original(photo).unwrap().unwrap().len();
    a.sync().await.unwrap();
    let mut w = w;
    let (mut sent, mut cuts) = (Vec::new(), 0);
    for after in 0.. {
        small_steps(&a.phone);
        // Each time a few requests get further, and the last one's answer is lost.
        let carrier = Losing::new(&w, after % 4);
        let result = carried(&a, &w, &carrier).await;
        sent.extend(carrier.sent.into_inner().unwrap());
        if let Ok(report) = result
            && report.unsent == 0
        {
            break;
        }
        cuts += 1;
        assert!(cuts < 60, "it gets no further");
        // Between two pieces the hub is started anew: it keeps nothing in memory.
        if cuts == 3 {
            w = w.restart(77, None, &[&a]).await;
        }
    }
    assert!(cuts > 4, "{cuts}");
    assert_eq!(kept(&w).await.len(), 2);
    assert_eq!(pieces(&w).await, 0, "pieces go when the whole is there");
    // No byte went twice: each piece begins where the hub was, also after an answer that nobody heard.
    let mut reached = 0;
    for (offset, length) in &sent {
        assert_eq!(*offset as usize, reached, "{sent:?}");
        reached += length;
    }
    assert_eq!(reached, size);
    sync(&w.desk).await;
    // And down, cut after each answer that comes: what came is kept.
    small_steps(&w.desk.phone);
    let mut asked = 0;
    let fetched = loop {
        let carrier = Falling::after(1, &w);
        match w.desk.phone.fetch_photo_with(&w.hub.url(), &carrier, photo, Network::Unmetered, &|_| {}).await {
            Ok(bytes) => break bytes,
            Err(e) => assert_eq!(e.kind(), ErrorKind::Offline),
        }
        asked += 1;
        assert!(asked < 200);
    };
    assert!(asked > 3, "{asked}");
    assert_eq!(Some(fetched), a.phone.photo_original(photo).unwrap());
    w.hub.stop().await;
}

/// A carrier that falls after so many requests.
pub struct Falling {
    inner: HttpTransport,
    left: AtomicU32,
}

impl Falling {
    pub fn after(requests: u32, w: &World) -> Self {
        Self { inner: HttpTransport::new(&w.hub.url(), None).unwrap(), left: AtomicU32::new(requests) }
    }
}

impl Transport for Falling {
    async fn post(&self, request: &SignedRequest) -> Result<Answer> {
        if self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_err() {
            return Err(Error::new(ErrorKind::Offline, "断线", "cut"));
        }
        self.inner.post(request).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_cut_anywhere_goes_on_where_the_hub_is_with_a_folder() {
    a_transfer_cut_anywhere_goes_on_where_the_hub_is(World::start(902, 1).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_cut_anywhere_goes_on_where_the_hub_is_with_s3() {
    let (w, _server) = on_s3(903, 1).await;
    a_transfer_cut_anywhere_goes_on_where_the_hub_is(w).await;
}

async fn the_same_photo_from_two_phones_is_one_file(w: World) {
    let (a, b) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    let taken = jpeg(1800, 1200, 3);
    let of_a = a.phone.take_photo(w.households[0], &taken).unwrap().value;
    let of_b = b.phone.take_photo(w.households[1], &taken).unwrap().value;
    a.sync().await.unwrap();
    b.sync().await.unwrap();
    small_steps(&a.phone);
    small_steps(&b.phone);
    let (from_a, from_b) = tokio::join!(over(&a, Network::Unmetered), over(&b, Network::Unmetered));
    assert_eq!((from_a.unsent, from_b.unsent, from_a.troubles + from_b.troubles), (0, 0, 0));
    assert_eq!(kept(&w).await.len(), 2);
    sync(&w.desk).await;
    let seen = [of_a, of_b].map(|photo| w.desk.phone.photo_thumbnail(photo).unwrap().unwrap());
    assert_eq!(seen[0], seen[1]);
    // One of them taken back leaves the file to the other.
    a.phone.run(RemovePhoto { photo: of_a }).unwrap();
    sync(&a).await;
    sync(&w.desk).await;
    assert_eq!(sweep(&w.hub.hub, &w.hub.tenant).await.unwrap(), 0);
    assert_eq!(w.desk.phone.photo_thumbnail(of_b).unwrap().as_ref(), Some(&seen[1]));
    assert!(w.desk.phone.fetch_photo(of_b, Network::Unmetered, |_| {}).await.is_ok());
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_photo_from_two_phones_is_one_file_with_a_folder() {
    the_same_photo_from_two_phones_is_one_file(World::start(904, 2).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_photo_from_two_phones_is_one_file_with_s3() {
    let (w, _server) = on_s3(905, 2).await;
    the_same_photo_from_two_phones_is_one_file(w).await;
}

async fn what_is_not_the_photo_is_thrown_away(w: World) {
    let a = w.worker(1, "g00").await;
    let photo = a.phone.take_photo(w.households[0], &jpeg(1600, 1200, 4)).unwrap().value;
    a.sync().await.unwrap();
    let original = a.phone.photo_original(photo).unwrap().unwrap();
    let wrong = vec![7; original.len()];
    // Whole, in pieces with a wrong one among them, and more than the document names.
    assert_eq!(ask(&w, &a, put(photo, 0, &wrong)).await.unwrap().word, PhotoWord::WrongHash);
    let half = original.len() / 2;
    assert_eq!(ask(&w, &a, put(photo, 0, &original[..half])).await.unwrap().held as usize, half);
    assert_eq!(ask(&w, &a, put(photo, half + 9000, &original[half + 9000..])).await.unwrap().held as usize, half, "no gaps");
    assert_eq!(ask(&w, &a, put(photo, 0, &original[..half])).await.unwrap().held as usize, half, "nothing twice");
    assert_eq!(ask(&w, &a, put(photo, half, &wrong[half..])).await.unwrap().word, PhotoWord::WrongHash);
    assert_eq!(pieces(&w).await, 0, "it begins again");
    let longer = [&original[..], b"and a film"].concat();
    assert_eq!(ask(&w, &a, put(photo, 0, &longer)).await.unwrap().word, PhotoWord::WrongHash);
    assert!(kept(&w).await.is_empty());
    // No storage for what no document names.
    let nothing = Id { counter: photo.counter + 1000, ..photo };
    assert_eq!(ask(&w, &a, put(nothing, 0, &original)).await.unwrap().word, PhotoWord::Unknown);
    assert_eq!(ask(&w, &a, put(w.households[0], 0, &original)).await.unwrap().word, PhotoWord::Unknown);
    // Overlapping pieces of other sizes make the same whole.
    assert_eq!(ask(&w, &a, put(photo, 0, &original[..half])).await.unwrap().held as usize, half);
    assert_eq!(ask(&w, &a, put(photo, half - 5000, &original[half - 5000..])).await.unwrap().word, PhotoWord::Whole);
    assert_eq!(kept(&w).await.len(), 1);
    assert_eq!(ask(&w, &a, get(photo, WireFile::Original)).await.unwrap().bytes[..], original[..]);
    // Pieces whose rest never comes are swept in time.
    let other = a.phone.take_photo(w.households[0], &jpeg(1600, 1200, 5)).unwrap().value;
    a.sync().await.unwrap();
    let second = a.phone.photo_original(other).unwrap().unwrap();
    ask(&w, &a, put(other, 0, &second[..10_000])).await.unwrap();
    sweep(&w.hub.hub, &w.hub.tenant).await.unwrap();
    assert_eq!(pieces(&w).await, 1);
    w.pass(15 * 86_400, &[&a]);
    sweep(&w.hub.hub, &w.hub.tenant).await.unwrap();
    assert_eq!(pieces(&w).await, 0);
    assert_eq!(sync(&a).await.unsent, 0, "and the phone sends it from the beginning");
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_the_photo_is_thrown_away_with_a_folder() {
    what_is_not_the_photo_is_thrown_away(World::start(906, 1).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_the_photo_is_thrown_away_with_s3() {
    let (w, _server) = on_s3(907, 1).await;
    what_is_not_the_photo_is_thrown_away(w).await;
}

/// A hub that finds something else in whatever comes.
struct Mistaken<'a>(&'a World, AtomicU32);

impl Transport for Mistaken<'_> {
    async fn post(&self, request: &SignedRequest) -> Result<Answer> {
        self.1.fetch_add(1, Ordering::SeqCst);
        let body: PhotosRequest = decode(&request.body, "test").unwrap();
        let answer = PhotoAnswer { word: PhotoWord::WrongHash, held: 0, bytes: vec![].into() };
        let reply = PhotosReply { hub_time: self.0.hub.hub.now(), answers: vec![answer; body.asks.len()] };
        Ok(Answer::Reply(seal_reply(&self.0.hub.tenant.key, &request.head.signature, &encode(&reply))))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_that_never_arrives_right_is_given_up_and_shown() {
    let w = World::start(908, 1).await;
    let a = w.worker(1, "g00").await;
    let photo = a.phone.take_photo(w.households[0], &jpeg(900, 700, 6)).unwrap().value;
    a.sync().await.unwrap();
    let hub = Mistaken(&w, AtomicU32::new(0));
    let report = carried(&a, &w, &hub).await.unwrap();
    assert!(hub.1.load(Ordering::SeqCst) <= 12, "a few times, not for ever");
    assert_eq!((report.sent, report.unsent, report.troubles), (0, 2, 1));
    let troubles = a.phone.photo_troubles().unwrap();
    assert_eq!((troubles[0].id, troubles[0].reason.as_str()), (photo, "wrong_hash"));
    // A file damaged on the disk is told apart, and is never sent.
    let second = a.phone.take_photo(w.households[0], &jpeg(900, 700, 7)).unwrap().value;
    for path in files(&a) {
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[40] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    }
    assert_eq!(a.phone.photo_original(second).unwrap_err().kind(), ErrorKind::Damaged);
    assert_eq!(sync(&a).await.sent, 0);
    assert!(a.phone.photo_troubles().unwrap().iter().any(|t| t.id == second && t.reason == "damaged"));
    w.hub.stop().await;
}
