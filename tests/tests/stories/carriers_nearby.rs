//! Handing over on the same network, and peers that break off, are slow, or speak nonsense.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gridwalk_core::ErrorKind;
use gridwalk_core::carriers::{CarrierLink, CarrierServer};
use gridwalk_tests::harness::Device;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{World, tell, text, visit};

/// The server of a phone, and its link as another process on this machine reaches it.
async fn listen(device: &Device) -> (CarrierServer, CarrierLink) {
    let server = device.phone.carry_listen(0).await.unwrap();
    let link = server.link();
    let port = link.to.rsplit(':').next().unwrap();
    let here = CarrierLink { to: format!("127.0.0.1:{port}"), code: link.code };
    (server, here)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_hands_its_work_to_a_colleague_nearby_and_takes_the_receipts_the_same_way() {
    let w = World::start(420, 2).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g01").await;
    a.phone.run(visit(w.households[0], "门口交接")).unwrap();
    let (server, link) = listen(&b).await;
    // The link is what the QR code says.
    assert_eq!(server.link().to_string().parse::<CarrierLink>().unwrap(), server.link());
    let (over, received) = tokio::join!(a.phone.carry_to(&link), server.receive(&b.phone));
    let (over, received) = (over.unwrap(), received.unwrap());
    assert_eq!((over.handed, over.known, over.receipts), (1, 0, 0));
    assert_eq!((received.kept, received.known, received.receipts), (1, 0, 0));
    assert_eq!((a.phone.status().unwrap().unsent, b.phone.status().unwrap().carried.waiting), (1, 1));
    assert!(!text(&b.phone, "SELECT hex(envelope) FROM carried")[0].contains("E997A8E58FA3"));
    // Once more, with more: what is there is known.
    a.phone.run(visit(w.households[1], "又一户")).unwrap();
    let (over, _) = tokio::join!(a.phone.carry_to(&link), server.receive(&b.phone));
    assert_eq!((over.as_ref().unwrap().handed, over.unwrap().known), (1, 1));
    assert_eq!(b.sync().await.unwrap().carried, 2);
    assert_eq!(w.ask("SELECT note FROM visits ORDER BY note").await, ["又一户", "门口交接"]);
    let (over, received) = tokio::join!(a.phone.carry_to(&link), server.receive(&b.phone));
    assert_eq!((over.unwrap().sent, received.unwrap().receipts), (2, 2));
    assert_eq!(a.phone.status().unwrap().unsent, 0);
    // With nothing unsent there is nothing to say.
    let (over, _) = tokio::join!(a.phone.carry_to(&link), server.receive(&b.phone));
    assert_eq!(over.unwrap(), gridwalk_core::carriers::HandedOver::default());
    w.settle(&[&a, &b]).await;
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

/// A link that passes `up` bytes from the one who hands over and `down` bytes back, then breaks.
async fn cutting(to: String, up: u64, down: u64) -> (CarrierLink, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = CarrierLink { to: listener.local_addr().unwrap().to_string(), code: String::new() };
    let passing = tokio::spawn(async move {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = TcpStream::connect(to).await.unwrap();
        let (near_read, mut near_write) = near.split();
        let (far_read, mut far_write) = far.split();
        let (mut near_read, mut far_read) = (near_read.take(up), far_read.take(down));
        let up = tokio::io::copy(&mut near_read, &mut far_write);
        let down = tokio::io::copy(&mut far_read, &mut near_write);
        // Whichever is used up first breaks both ways.
        tokio::select! { _ = up => {}, _ = down => {} }
    });
    (link, passing)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_may_break_at_every_byte_and_leaves_whole_envelopes_only() {
    let w = World::start(421, 1).await;
    let a = w.worker(1, "g00").await;
    let b = w.worker(2, "g01").await;
    a.phone.run(visit(w.households[0], "断断续续")).unwrap();
    let (server, link) = listen(&b).await;
    let mut kept_at = None;
    // Hello 22 bytes, proof 60, the envelope some 1,160, then what is wanted; the way back is short.
    let cuts: Vec<(u64, u64)> =
        (0..100).chain((100..1200).step_by(53)).chain(1_200..1_290).map(|up| (up, 4_096)).chain((0..80).map(|down| (4_096, down))).collect();
    for (up, down) in cuts {
        tell(&b.phone, "DELETE FROM carried");
        let (cut, passing) = cutting(link.to.clone(), up, down).await;
        let cut = CarrierLink { code: link.code.clone(), ..cut };
        let (over, received) = tokio::join!(a.phone.carry_to(&cut), server.receive(&b.phone));
        passing.await.unwrap();
        let held = b.phone.status().unwrap().carried.waiting;
        assert!(held <= 1);
        // What the one side was told is stored at the other.
        if over.as_ref().is_ok_and(|o| o.handed + o.known > 0) {
            assert_eq!(held, 1, "cut at {up}/{down}");
        }
        for error in [over.as_ref().err().map(|e| e.kind()), received.err().map(|e| e.kind())].into_iter().flatten() {
            assert_eq!(error, ErrorKind::Offline, "cut at {up}/{down}");
        }
        if held == 1 && down == 4_096 {
            kept_at.get_or_insert(up);
            assert_eq!(text(&b.phone, "SELECT hex(envelope) FROM carried"), text(&a.phone, "SELECT hex(envelope) FROM bundles"));
        }
        assert_eq!(a.phone.status().unwrap().unsent, 1);
    }
    assert!(kept_at.is_some_and(|at| at > 1_000), "kept from byte {kept_at:?} on");
    // After all that it goes through.
    tell(&b.phone, "DELETE FROM carried");
    let (over, _) = tokio::join!(a.phone.carry_to(&link), server.receive(&b.phone));
    assert_eq!(over.unwrap().handed, 1);
    b.sync().await.unwrap();
    assert_eq!(w.ask("SELECT note FROM visits").await, ["断断续续"]);
    w.hub.stop().await;
}

/// What the server says of a visitor who sends these bytes after the first frame was read, and then waits or not.
async fn visitor(server: &CarrierServer, device: &Device, link: &CarrierLink, bytes: Vec<u8>, waits: bool) -> ErrorKind {
    let to = link.to.clone();
    let visiting = tokio::spawn(async move {
        let mut stream = TcpStream::connect(to).await.unwrap();
        stream.write_all(&bytes).await.ok();
        if waits {
            stream.read_to_end(&mut Vec::new()).await.ok();
        }
    });
    let said = server.receive(&device.phone).await.unwrap_err().kind();
    visiting.await.unwrap();
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_visitors_and_hosts_get_nothing_in_and_hold_nobody_up() {
    let w = World::start(422, 1).await;
    let a = w.worker(1, "g00").await;
    let b = Arc::new(w.worker(2, "g01").await);
    a.phone.run(visit(w.households[0], "一")).unwrap();
    let (server, link) = listen(&b).await;
    let frame = |body: &[u8]| [&u32::try_from(body.len()).unwrap().to_be_bytes(), body].concat();
    for (name, bytes) in [
        ("another protocol", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
        ("a length of 4 GiB", vec![255; 64]),
        ("an empty frame", frame(&[])),
        ("not CBOR", frame(&[0x1c; 40])),
        ("another version", frame(&[&[0x83, 9, 0x50][..], &[0; 16], &[0x58, 0x20], &[0; 32]].concat())),
    ] {
        assert_eq!(visitor(&server, &b, &link, bytes, true).await, ErrorKind::Malformed, "{name}");
    }
    assert_eq!(visitor(&server, &b, &link, vec![], false).await, ErrorKind::Offline);
    // One who says nothing is let go after ten seconds.
    let begun = Instant::now();
    assert_eq!(visitor(&server, &b, &link, vec![0, 0], true).await, ErrorKind::Offline);
    assert!((Duration::from_secs(9)..Duration::from_secs(20)).contains(&begun.elapsed()));
    // A host that is none, or does not know the code, learns nothing.
    for answer in [b"SSH-2.0-OpenSSH\r\n".to_vec(), vec![255; 40], frame(&[&[0x82, 1, 0x50][..], &[1; 16]].concat())] {
        let host = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = CarrierLink { to: host.local_addr().unwrap().to_string(), code: link.code.clone() };
        let hosting = async {
            let (mut stream, _) = host.accept().await.unwrap();
            stream.write_all(&answer).await.unwrap();
            stream.write_all(&frame(&[&[0x81, 0x58, 0x20][..], &[2; 32]].concat())).await.ok();
            let mut heard = Vec::new();
            stream.read_to_end(&mut heard).await.ok();
            heard
        };
        let (over, heard) = tokio::join!(a.phone.carry_to(&to), hosting);
        assert_eq!(over.unwrap_err().kind(), ErrorKind::Malformed);
        assert!(heard.len() < 100, "it was told {} bytes", heard.len());
    }
    assert_eq!(b.phone.status().unwrap().carried.waiting, 0);
    // The right code goes through meanwhile; five wrong ones end it.
    let (over, _) = tokio::join!(a.phone.carry_to(&link), server.receive(&b.phone));
    assert_eq!(over.unwrap().handed, 1);
    let wrong = CarrierLink { code: "22222222".into(), ..link.clone() };
    for _ in 0..5 {
        let (over, received) = tokio::join!(a.phone.carry_to(&wrong), server.receive(&b.phone));
        assert_eq!((over.unwrap_err().kind(), received.unwrap_err().kind()), (ErrorKind::Offline, ErrorKind::Malformed));
    }
    assert_eq!(server.receive(&b.phone).await.unwrap_err().kind(), ErrorKind::NotAllowed);

    // A phone that carries all it can says so, and what it has stays.
    let c = w.worker(3, "g01").await;
    let sql = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 512)
               INSERT INTO carried (id, envelope, at) SELECT CAST('x' || n AS BLOB), x'00', 1772409600 FROM n";
    tell(&c.phone, sql);
    let (server, link) = listen(&c).await;
    let (over, _) = tokio::join!(a.phone.carry_to(&link), server.receive(&c.phone));
    assert_eq!(over.unwrap_err().kind(), ErrorKind::CannotWrite);
    assert_eq!(c.phone.status().unwrap().carried.waiting, 512);
    w.hub.stop().await;
}
