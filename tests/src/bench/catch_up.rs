//! What a phone that was away for a week has to catch up with.

use std::path::Path;
use std::time::Instant;

use gridwalk_core::ErrorKind;
use gridwalk_core::rules::Role;

use super::stage::Stage;
use super::{Line, NO_TARGET, Result, gzip, phone};
use crate::harness::{Device, MORNING};
use crate::link::Line as Wire;
use crate::replay::Walker;
use crate::workload::{Operation, Scene, Spec};

const DAYS: i64 = 7;

/// A grid with four phones, scene team: all work for seven days, three sync every evening, the fourth on the last one only.
pub async fn rows(folder: &Path) -> Result<Vec<Line>> {
    let spec = Spec { scene: Scene::Team, households: 808, grids: Some(2), days: usize::try_from(DAYS)?, ..Spec::default() };
    let stage = Stage::of(folder, &spec, Wire::perfect(), None).await?;
    let mut devices = Vec::new();
    for k in 0..4_u64 {
        let invite = stage.hub.invite_at(&stage.url(), Role::GridWorker, Some("g00"), &format!("网格员{k}")).await?;
        devices.push(Device::enrolled(folder, k, &invite).await?);
    }
    let (away, colleagues) = devices.split_last().ok_or("no phones")?;
    let mut learnt: Vec<String> = Vec::new();
    let mut sent = 0;
    for day in 0..DAYS {
        let evening = MORNING + day * 86_400 + 12 * 3600;
        for (k, device) in devices.iter().enumerate() {
            let by = format!("w00-{k}");
            let of_day = |o: &&Operation| o.by() == by && (MORNING + day * 86_400 - 8 * 3600..evening).contains(&o.at());
            let mut walker = Walker::default();
            for operation in stage.community.day.iter().filter(of_day) {
                device.clock.advance_to(operation.at());
                match walker.perform(&device.phone, &stage.known, operation) {
                    // Two colleagues set the same number: nobody writes over that, and nobody settles it here.
                    Err(e) if e.kind() == ErrorKind::InConflict => continue,
                    done => done?,
                }
                if k < 3 {
                    learnt.push(serde_json::to_string(operation)?);
                } else {
                    sent += 1;
                }
            }
        }
        stage.hub.clock.advance_to(evening);
        for device in &devices {
            device.clock.advance_to(evening);
        }
        for device in colleagues {
            device.sync().await?;
        }
    }
    stage.link.reset_counts();
    let started = Instant::now();
    let report = away.sync().await?;
    let seconds = started.elapsed().as_secs_f64();
    let counts = stage.link.counts();
    colleagues[0].sync().await?;
    let held = |device: &Device| device.phone.store().read(|c| Ok(c.query_row("SELECT count(*) FROM visits", [], |r| r.get::<_, i64>(0))?));
    if report.sent == 0 || away.phone.status()?.unsent > 0 || held(away)? != held(&colleagues[0])? {
        return Err("the phone that was away has not caught up".into());
    }
    let bare = phone::bare(&folder.join("bare.db"))?;
    bare.execute_batch("CREATE TABLE operations (n INTEGER PRIMARY KEY, body TEXT)")?;
    let started = Instant::now();
    let tx = bare.unchecked_transaction()?;
    for operation in &learnt {
        tx.prepare_cached("INSERT INTO operations (body) VALUES (?1)")?.execute([operation])?;
    }
    tx.commit()?;
    let bare = started.elapsed().as_secs_f64();
    let requests = report.requests;
    stage.hub.stop().await;
    Ok(vec![
        Line {
            name: "catch_up_7_days_s",
            value: seconds,
            unit: "s",
            target: NO_TARGET,
            yardstick: format!(
                "{} operations of three colleagues received, {sent} own ones sent, {requests} requests; the received ones' JSON into bare SQLCipher {bare:.3} s",
                learnt.len()
            ),
        },
        Line {
            name: "catch_up_7_days_bytes",
            value: (counts.up_bytes + counts.down_bytes) as f64,
            unit: "B",
            target: NO_TARGET,
            yardstick: format!("up {} B, down {} B; gzip of the received operations' JSON {} B", counts.up_bytes, counts.down_bytes, gzip(&learnt.join("\n"))?),
        },
    ])
}
