//! What ten years of visits cost a day's sync.

use std::path::Path;

use gridwalk_core::kinds::Input;
use gridwalk_core::rules::Role;
use gridwalk_core::visits::{RecordVisit, VisitResult};
use gridwalk_hub::sync::{Batch, fold::fold};
use rustix::time::{ClockId, clock_gettime};

use super::stage::Stage;
use super::{Line, Result, median};
use crate::harness::{Device, MORNING};
use crate::link::Line as Wire;
use crate::workload::{Scene, Spec};

const VISITS_A_DAY: f64 = 16.5;
const DAYS_MEASURED: i64 = 5;

/// One day's sync with ten years of history against one with a month.
pub async fn rows(folder: &Path) -> Result<Vec<Line>> {
    let month = days(&folder.join("month"), 30).await?;
    let years = days(&folder.join("years"), 3650).await?;
    let ratio = |pick: fn(&Day) -> f64| median(&mut years.iter().map(pick).collect::<Vec<_>>()) / median(&mut month.iter().map(pick).collect::<Vec<_>>());
    let (cpu, bytes) = (ratio(|d| d.cpu_ms), ratio(|d| d.bytes));
    let at = |days: &[Day]| (median(&mut days.iter().map(|d| d.cpu_ms).collect::<Vec<_>>()), median(&mut days.iter().map(|d| d.bytes).collect::<Vec<_>>()));
    let yardstick = format!(
        "CPU ×{cpu:.2}, bytes ×{bytes:.2}; a month: {:.1} ms, {:.0} B; ten years: {:.1} ms, {:.0} B",
        at(&month).0,
        at(&month).1,
        at(&years).0,
        at(&years).1
    );
    Ok(vec![Line { name: "history_cost_ratio", value: cpu.max(bytes), unit: "×", target: 1.1, yardstick }])
}

struct Day {
    cpu_ms: f64,
    bytes: f64,
}

async fn days(folder: &Path, history: i64) -> Result<Vec<Day>> {
    let spec = Spec { scene: Scene::Standard, households: 808, grids: Some(2), ..Spec::default() };
    let stage = Stage::of(folder, &spec, Wire::perfect(), None).await?;
    let homes: Vec<_> =
        stage.community.households.iter().filter(|h| h.grid == "g00").map(|h| stage.known.household(&h.id)).collect::<std::result::Result<_, _>>()?;
    // The hub's own clock walks through the years.
    stage.hub.clock.shift_wall(-history * 86_400);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let total = (history as f64 * VISITS_A_DAY) as usize;
    let mut done = 0;
    while done < total {
        let mut tx = stage.hub.hub.store.write(&stage.hub.tenant.id).await?;
        let mut batch = Batch::new(&stage.hub.hub, &stage.hub.tenant);
        for n in done..(done + 500).min(total) {
            stage.hub.clock.advance(history * 86_400 / total as i64);
            batch.run(&mut tx, Input::RecordVisit(visit(homes[n * 7 % homes.len()]))).await?;
        }
        batch.flush(&mut tx).await?;
        tx.commit().await?;
        done += 500;
    }
    stage.hub.clock.advance_to(MORNING);
    fold(&stage.hub.hub, &stage.hub.tenant, MORNING - 14 * 86_400).await?;
    let invite = |name| stage.hub.invite_at("", Role::GridWorker, Some("g00"), name);
    let mut invites = [invite("张网格").await?, invite("李网格").await?];
    invites.iter_mut().for_each(|i| i.hub = stage.url());
    let a = Device::enrolled(folder, 1, &invites[0]).await?;
    let b = Device::enrolled(folder, 2, &invites[1]).await?;
    let mut measured = Vec::new();
    for day in 1..=DAYS_MEASURED {
        for clock in [&a.clock, &b.clock, &stage.hub.clock] {
            clock.advance_to(MORNING + day * 86_400);
        }
        for (n, home) in homes.iter().enumerate().take(17) {
            a.clock.advance(60 + n as i64);
            a.phone.run(visit(*home))?;
        }
        stage.link.reset_counts();
        let started = cpu_ms();
        a.sync().await?;
        b.sync().await?;
        let cpu_ms = cpu_ms() - started;
        let counts = stage.link.counts();
        measured.push(Day { cpu_ms, bytes: (counts.up_bytes + counts.down_bytes) as f64 });
    }
    stage.hub.stop().await;
    Ok(measured)
}

fn visit(household: gridwalk_core::Id) -> RecordVisit {
    RecordVisit {
        household,
        result: VisitResult::Met,
        purpose: "日常走访".into(),
        note: "家中无人，已在门上张贴联系卡。".into(),
        minutes: Some(4),
        lat: None,
        lon: None,
    }
}

/// CPU time of this process: hub and both phones.
fn cpu_ms() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}
