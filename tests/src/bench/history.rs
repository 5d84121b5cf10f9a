//! What ten years of visits, edits and reports cost a day's sync.

use std::collections::VecDeque;
use std::path::Path;

use crate::roster::{EditResident, ResidentField};
use crate::typed::RecordVisit;
use gridwalk_core::Id;
use gridwalk_core::cases::AddStep;
use gridwalk_core::kinds::Input;
use gridwalk_core::records::JsonMap;
use gridwalk_core::rules::Role;
use gridwalk_core::visits::VisitResult;
use gridwalk_hub::sync::{Batch, fold::fold};
use rustix::time::{ClockId, clock_gettime};

use super::stage::Stage;
use super::{Line, Result, median};
use crate::harness::{Device, MORNING, report};
use crate::link::Line as Wire;
use crate::workload::{Scene, Spec};

/// A grid's visits at its households' own rhythms; of every sixth visit comes an edited telephone, of every thirtieth a report.
const VISITS_A_DAY: f64 = 16.5;
const VISITS_AN_EDIT: usize = 6;
const VISITS_A_REPORT: usize = 30;
const DAYS_MEASURED: i64 = 9;
/// The steps of a case from its intake to its end.
const STEPS: [&str; 4] = ["accept", "handle", "feed_back", "close"];

/// One day's sync with ten years of history against one with a month.
pub async fn rows(folder: &Path) -> Result<Vec<Line>> {
    let month = days(&folder.join("month"), 30).await?;
    let years = days(&folder.join("years"), 3650).await?;
    let ratio = |pick: fn(&Day) -> f64| median(&mut years.1.iter().map(pick).collect::<Vec<_>>()) / median(&mut month.1.iter().map(pick).collect::<Vec<_>>());
    let (cpu, bytes) = (ratio(|d| d.cpu_ms), ratio(|d| d.bytes));
    let at = |days: &[Day]| (median(&mut days.iter().map(|d| d.cpu_ms).collect::<Vec<_>>()), median(&mut days.iter().map(|d| d.bytes).collect::<Vec<_>>()));
    let yardstick = format!(
        "CPU ×{cpu:.2}, bytes ×{bytes:.2}; a month: {:.1} ms, {:.0} B; ten years ({}): {:.1} ms, {:.0} B",
        at(&month.1).0,
        at(&month.1).1,
        years.0,
        at(&years.1).0,
        at(&years.1).1
    );
    Ok(vec![Line { name: "history_cost_ratio", value: cpu.max(bytes), unit: "×", target: 1.1, yardstick }])
}

struct Day {
    cpu_ms: f64,
    bytes: f64,
}

/// What was measured after so many days of history, and what these were.
async fn days(folder: &Path, history: i64) -> Result<(String, Vec<Day>)> {
    let spec = Spec { scene: Scene::Standard, households: 808, grids: Some(2), ..Spec::default() };
    let stage = Stage::since(folder, &spec, Wire::perfect(), None, history).await?;
    let homes = stage.community.households.iter().filter(|h| h.grid == "g00");
    let homes: Vec<(Id, Id)> = homes
        .map(|h| Ok((stage.known.household(&h.id)?, stage.known.resident(&h.residents[0].id)?)))
        .collect::<std::result::Result<_, gridwalk_core::Error>>()?;
    let place = stage.known.place("g00")?;
    let made = write(&stage, &homes, place, history).await?;
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
        for (n, (home, resident)) in homes.iter().enumerate().take(17) {
            a.clock.advance(60 + n as i64);
            a.phone.run(visit(*home))?;
            if n % VISITS_AN_EDIT == 0 {
                a.phone.run(edit(*home, *resident, 50_000_000 + usize::try_from(day)? * 100 + n))?;
            }
        }
        let raised = a.phone.run(report(place, "楼道堆物"))?.value;
        a.phone.run(AddStep::new(raised, "note").note("已联系物业"))?;
        stage.link.reset_counts();
        let started = cpu_ms();
        a.sync().await?;
        b.sync().await?;
        let cpu_ms = cpu_ms() - started;
        let counts = stage.link.counts();
        measured.push(Day { cpu_ms, bytes: (counts.up_bytes + counts.down_bytes) as f64 });
    }
    let status = a.phone.status()?;
    if status.unsent > 0 || !status.quarantine.is_empty() {
        return Err("a day's work was not taken".into());
    }
    stage.hub.stop().await;
    Ok((made, measured))
}

/// Writes `history` days of a grid's life, as the hub, whose clock walks through them. Returns how much that was.
async fn write(stage: &Stage, homes: &[(Id, Id)], place: Id, history: i64) -> Result<String> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let total = (history as f64 * VISITS_A_DAY) as usize;
    let (mut done, mut edits, mut reports) = (0, 0, 0);
    let mut open: VecDeque<(Id, usize)> = VecDeque::new();
    while done < total {
        let mut tx = stage.hub.hub.store.write(&stage.hub.tenant.id).await?;
        let mut batch = Batch::new(&stage.hub.hub, &stage.hub.tenant);
        for n in done..(done + 500).min(total) {
            stage.hub.clock.advance(history * 86_400 / total as i64);
            let (home, resident) = homes[n * 7 % homes.len()];
            batch.run(&mut tx, visit(home).into()).await?;
            if n % VISITS_AN_EDIT == 0 {
                batch.run(&mut tx, edit(home, resident, n).into()).await?;
                edits += 1;
            }
            if n % VISITS_A_REPORT == 0 {
                open.push_back((batch.run(&mut tx, Input::RaiseReport(report(place, "楼道堆物"))).await?, 0));
                reports += 1;
            }
            // Cases go on step by step, a little faster than new ones come.
            if n % VISITS_AN_EDIT == 3
                && let Some((case, step)) = open.pop_front()
            {
                batch.run(&mut tx, Input::AddStep(AddStep::new(case, STEPS[step]).note("已联系物业"))).await?;
                if step + 1 < STEPS.len() {
                    open.push_front((case, step + 1));
                }
            }
        }
        batch.flush(&mut tx).await?;
        tx.commit().await?;
        done += 500;
    }
    Ok(format!("{total} visits, {edits} edits, {reports} reports"))
}

fn visit(household: Id) -> RecordVisit {
    RecordVisit {
        household,
        result: VisitResult::Met,
        purpose: "日常走访".into(),
        note: "家中无人，已在门上张贴联系卡。".into(),
        minutes: Some(4),
        lat: None,
        lon: None,
        visited_at: None,
        fields: JsonMap::new(),
    }
}

/// A new telephone number, another one for each `n`.
fn edit(household: Id, resident: Id, n: usize) -> EditResident {
    EditResident { household, resident, set: vec![(ResidentField::Phone, format!("139{n:08}"))], add_tags: vec![], remove_tags: vec![] }
}

/// CPU time of this process: hub and both phones.
fn cpu_ms() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}
