//! Bytes and requests of what phones do every day, counted at the socket.

use std::path::Path;
use std::time::Instant;

use gridwalk_core::rules::Role;

use super::stage::Stage;
use super::{Line, Result, gzip};
use crate::harness::Device;
use crate::link::Line as Wire;
use crate::replay::Walker;
use crate::workload::{Scene, Spec};

/// Enrolment, a day's work, nothing new.
pub async fn rows(stage: &Stage) -> Result<Vec<Line>> {
    let invite = stage.hub.invite_at(&stage.url(), Role::GridWorker, Some("g00"), "张网格").await?;
    let worker = Device::open(&stage.folder, 1)?;
    stage.link.reset_counts();
    worker.phone.enrol(&invite, None).await?;
    let enrolled = worker.sync().await?;
    let counts = stage.link.counts();
    let of_grid = |grid: &str| grid == "g00";
    let mut content = String::new();
    for h in stage.community.households.iter().filter(|h| of_grid(&h.grid)) {
        content.push_str(&serde_json::to_string(h)?);
    }
    for r in stage.community.reports.iter().filter(|r| of_grid(&r.grid)) {
        content.push_str(&serde_json::to_string(r)?);
    }
    let activities: String = stage.community.activities.iter().map(serde_json::to_string).collect::<std::result::Result<_, _>>()?;
    let plain = gzip(&content)?;
    let mut lines = vec![
        Line {
            name: "enrol_down_bytes",
            value: counts.down_bytes as f64,
            unit: "B",
            target: 52_000.0,
            yardstick: format!("gzip of the grid's JSON: {plain} B, with activities {} B; PouchDB tuned 61 kB", gzip(&(content + &activities))?),
        },
        Line { name: "enrol_requests", value: f64::from(enrolled.requests + 1), unit: "requests", target: 2.0, yardstick: "PouchDB tuned: 8".into() },
    ];
    let mut walker = Walker::default();
    let mut operations = String::new();
    let mut count = 0;
    for operation in stage.community.day.iter().filter(|o| o.by() == "w00") {
        worker.clock.advance_to(operation.at());
        stage.hub.clock.advance_to(operation.at());
        walker.perform(&worker.phone, &stage.known, operation)?;
        operations.push_str(&serde_json::to_string(operation)?);
        count += 1;
    }
    stage.link.reset_counts();
    let day = worker.sync().await?;
    let counts = stage.link.counts();
    lines.push(Line {
        name: "day_up_bytes",
        value: counts.up_bytes as f64,
        unit: "B",
        target: 5_000.0,
        yardstick: format!("gzip of the {count} operations' JSON: {} B; PouchDB tuned 58 kB; down here {} B", gzip(&operations)?, counts.down_bytes),
    });
    lines.push(Line { name: "day_requests", value: f64::from(day.requests), unit: "requests", target: 1.0, yardstick: "PouchDB tuned: 11 messages".into() });
    worker.sync().await?;
    stage.link.reset_counts();
    let idle = worker.sync().await?;
    let counts = stage.link.counts();
    let both = counts.up_bytes + counts.down_bytes;
    let split = format!("up {} B, down {} B; PouchDB 5.4 kB", counts.up_bytes, counts.down_bytes);
    lines.push(Line { name: "idle_bytes", value: both as f64, unit: "B", target: 850.0, yardstick: split });
    lines.push(Line { name: "idle_requests", value: f64::from(idle.requests), unit: "requests", target: 1.0, yardstick: "PouchDB: 6".into() });
    Ok(lines)
}

/// The same day over TLS on a line of 400 ms round trip, 200 kbit/s down, 100 kbit/s up.
pub async fn edge(folder: &Path) -> Result<Vec<Line>> {
    std::fs::create_dir_all(folder)?;
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()])?;
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&cert, made.cert.pem())?;
    std::fs::write(&key, made.signing_key.serialize_pem())?;
    // The grid of the reference community, alone: the line is what is measured.
    let spec = Spec { scene: Scene::Standard, households: 808, grids: Some(2), ..Spec::default() };
    let stage = Stage::of(folder, &spec, Wire::edge(), Some((cert, key))).await?;
    let invite = stage.hub.invite_at(&format!("https://{}", stage.link.addr()), Role::GridWorker, Some("g00"), "张网格").await?;
    let worker = Device::open(folder, 1)?;
    worker.phone.enrol(&invite, Some(&made.cert.pem())).await?;
    worker.sync().await?;
    let mut walker = Walker::default();
    let mut count = 0;
    for operation in stage.community.day.iter().filter(|o| o.by() == "w00") {
        worker.clock.advance_to(operation.at());
        stage.hub.clock.advance_to(operation.at());
        walker.perform(&worker.phone, &stage.known, operation)?;
        count += 1;
    }
    stage.link.reset_counts();
    let started = Instant::now();
    worker.sync().await?;
    let seconds = started.elapsed().as_secs_f64();
    let counts = stage.link.counts();
    // Three round trips (TCP, TLS 1.3, the request) and the bytes at the line's rates.
    let line = 1.2 + counts.up_bytes as f64 * 8.0 / 100_000.0 + counts.down_bytes as f64 * 8.0 / 200_000.0;
    let yardstick =
        format!("{count} operations; the line alone {line:.2} s for {} B up, {} B down; PouchDB tuned 7.7 s without TLS", counts.up_bytes, counts.down_bytes);
    stage.hub.stop().await;
    Ok(vec![Line { name: "day_edge_s", value: seconds, unit: "s", target: 2.5, yardstick }])
}
