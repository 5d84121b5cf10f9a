//! One mad phone does not starve the rest; what the hub says of itself names nobody.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gridwalk_core::identity::{DeviceKey, SeededRandom, SignedHead};
use gridwalk_core::sync::protocol::{MAX_BODY, RefusalCode, SYNC_PATH, pack};
use gridwalk_hub::limits::{Limits, Rate};
use gridwalk_hub::serve_metrics::serve_metrics;

use crate::wire::{Hand, post};
use crate::world::{World, device_id, notes, visit};

fn few() -> Limits {
    Limits { device: Rate { requests: 8, bytes: 20 << 20 }, ..Limits::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_sends_too_much_waits_and_keeps_everything() {
    let w = World::limited(320, 1, few()).await;
    let (a, b) = (w.worker(1, "g00").await, w.worker(2, "g00").await);
    a.phone.run(visit(w.households[0], "一")).unwrap();
    let refused = loop {
        let hand = Hand::of(&a);
        if let Err(code) = hand.send(&w, &pack(&hand.request(vec![])).unwrap()).await {
            break code;
        }
    };
    assert_eq!(refused, RefusalCode::TooMany);
    let told = a.sync().await.unwrap_err();
    assert!(told.message_en().contains("(too_many)"), "{told}");
    assert_eq!(a.phone.status().unwrap().unsent, 1);
    // Nobody else hears of it.
    b.phone.run(visit(w.households[0], "二")).unwrap();
    b.sync().await.unwrap();
    w.pass(60, &[&a, &b]);
    w.settle(&[&a, &b]).await;
    assert_eq!(notes(&b.phone), ["一", "二"]);
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_uses_up_what_is_anothers_by_naming_its_device() {
    let w = World::limited(321, 1, few()).await;
    let a = w.worker(1, "g00").await;
    let stranger = DeviceKey::make(&SeededRandom::new(9));
    let body = pack(&Hand::of(&a).request(vec![])).unwrap();
    for n in 0..30_u8 {
        let mut head = SignedHead::sign(&stranger, SYNC_PATH, &body, w.hub.hub.now(), [n; 9]);
        head.device = device_id(&a);
        assert_eq!(post(&w, SYNC_PATH, &head, &body).await.unwrap_err(), RefusalCode::Signature);
    }
    a.phone.run(visit(w.households[0], "照常")).unwrap();
    a.sync().await.unwrap();
    assert_eq!(a.phone.status().unwrap().unsent, 0);
    w.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_answered_while_one_floods_the_hub() {
    let w = World::limited(322, 2, few()).await;
    let (mad, a, b) = (w.worker(1, "g00").await, w.worker(2, "g00").await, w.worker(3, "g01").await);
    let stop = Arc::new(AtomicBool::new(false));
    let hand = Arc::new(Hand::of(&mad));
    let body = Arc::new(vec![7; MAX_BODY - 1]);
    let w = Arc::new(w);
    let floods: Vec<_> = (0..12)
        .map(|_| {
            let (stop, hand, body, w) = (stop.clone(), hand.clone(), body.clone(), w.clone());
            tokio::spawn(async move {
                let mut heard = BTreeSet::new();
                while !stop.load(Ordering::Relaxed) {
                    heard.insert(hand.send(&w, &body).await.map_err(|code| code.name()).err());
                }
                heard
            })
        })
        .collect();
    for round in 0..10 {
        for device in [&a, &b] {
            device.phone.run(visit(w.households[if device.number == 3 { 2 } else { 0 }], &format!("{}-{round}", device.number))).unwrap();
            device.sync().await.unwrap();
        }
        w.hub.clock.advance(10);
        [&a, &b].iter().for_each(|d| d.clock.advance(10));
    }
    stop.store(true, Ordering::Relaxed);
    let mut heard = BTreeSet::new();
    for flood in floods {
        heard.extend(flood.await.unwrap());
    }
    assert!(heard.contains(&Some("too_many")), "{heard:?}");
    let w = Arc::try_unwrap(w).unwrap_or_else(|_| panic!("still shared"));
    w.pass(60, &[&a, &b]);
    w.settle(&[&a, &b]).await;
    w.assert_agreement(&[&a, &b]).await;
    w.hub.stop().await;
}

/// Name, labels and value of each sample; panics where the text is not Prometheus's format 0.0.4.
fn samples(text: &str) -> Vec<(String, String, f64)> {
    let mut typed = BTreeSet::new();
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (word, name) = (words.next().unwrap(), words.next().unwrap());
            if word == "TYPE" {
                assert!(["counter", "gauge", "histogram"].contains(&words.next().unwrap()), "{line}");
                assert!(typed.insert(name.to_owned()), "{name} twice");
            }
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').map_or((series, ""), |(name, labels)| (name, labels.strip_suffix('}').unwrap()));
        assert!(name.starts_with("gridwalk_") && name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{line}");
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        assert!(typed.contains(base) || typed.contains(name), "{line}");
        found.push((name.to_owned(), labels.to_owned(), value.parse().unwrap()));
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_count_what_was_done_and_name_nobody() {
    let w = World::start(323, 2).await;
    let a = w.worker(1, "g00").await;
    a.phone.run(visit(w.households[0], "张三家")).unwrap();
    a.sync().await.unwrap();
    let hand = Hand::of(&a);
    assert_eq!(hand.send(&w, b"not zstd").await.unwrap_err(), RefusalCode::Malformed);
    let address = serve_metrics(w.hub.hub.clone(), ([127, 0, 0, 1], 0).into()).await.unwrap();
    let reply = reqwest::get(format!("http://{address}/metrics")).await.unwrap();
    assert_eq!(reply.headers()["content-type"], "text/plain; version=0.0.4");
    let text = reply.text().await.unwrap();
    let samples = samples(&text);
    let value = |name: &str, label: &str| samples.iter().filter(|(n, l, _)| n == name && l.contains(label)).map(|(_, _, v)| v).sum::<f64>();
    assert_eq!(value("gridwalk_requests_total", "result=\"malformed\""), 1.0);
    assert!(value("gridwalk_requests_total", "result=\"ok\"") >= 4.0, "{text}");
    // Two grids, four households, a visit.
    assert_eq!(value("gridwalk_changes_total", "word=\"taken\""), 7.0);
    assert_eq!(value("gridwalk_bundles_total", ""), 2.0);
    assert!(value("gridwalk_bytes_total", "direction=\"in\"") > 1000.0);
    assert_eq!(value("gridwalk_request_seconds_count", "route=\"sync\""), value("gridwalk_requests_total", "route=\"sync\""));
    assert!(value("gridwalk_database_wait_seconds_count", "") > 0.0);
    #[expect(clippy::cast_precision_loss)]
    let epoch = w.hub.hub.store.epoch as f64;
    assert_eq!(value("gridwalk_epoch", ""), epoch);
    let number: f64 = w.ask("SELECT CAST(number AS TEXT) FROM tenants").await[0].parse().unwrap();
    assert_eq!(value("gridwalk_sequence_number", "tenant=\"wuyan\""), number);
    for secret in [device_id(&a).to_string(), "张三".into(), "网格员".into(), crate::world::person(&a).to_string()] {
        assert!(!text.contains(&secret), "{secret}");
    }
    // Not on the public port.
    let public = reqwest::get(format!("{}/metrics", w.hub.url())).await.unwrap();
    assert_eq!(public.status(), 404);
    w.hub.stop().await;
}
