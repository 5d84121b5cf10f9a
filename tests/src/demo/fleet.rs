//! The phones of the demo. Each is open only while it works, as an app is, so that a whole community fits in one process.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gridwalk_core::Id;
use gridwalk_core::clock::ManualClock;
use gridwalk_core::identity::Invite;
use gridwalk_core::rules::Role;
use gridwalk_core::sync::SyncReport;
use gridwalk_hub::admin::{self, NewInvite};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::compare::{Held, HubState};
use super::stages::Stage;
use super::{Result, differences, files};
use crate::harness::{Device, MORNING, TestHub};
use crate::link::{Line, Link};
use crate::replay::{Known, Walker};
use crate::workload::Operation;

/// For whom a phone is.
pub(super) enum Who<'a> {
    /// A new worker of the grid of this name.
    Worker(&'a str),
    /// A member who is known already.
    Member(Id),
    /// Someone at the community's desk.
    Cadre,
}

/// One phone, with a line of its own to the hub whose bytes are counted.
pub(super) struct Handset {
    /// Whose it is, by the name in the workload.
    pub name: String,
    pub role: Role,
    pub folder: PathBuf,
    number: u64,
    clock: Arc<ManualClock>,
    link: Link,
    invite: Invite,
    openings: AtomicU64,
}

/// What went between a phone and the hub.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Traffic {
    pub up: u64,
    pub down: u64,
    pub time: Duration,
    pub report: SyncReport,
}

impl Traffic {
    pub fn plus(&self, other: &Self) -> Self {
        let (a, b) = (&self.report, &other.report);
        let report = SyncReport {
            requests: a.requests + b.requests,
            sent: a.sent + b.sent,
            refused: a.refused + b.refused,
            rerun: a.rerun + b.rerun,
            received: a.received + b.received,
            withdrawn: a.withdrawn + b.withdrawn,
            moved: a.moved + b.moved,
            ended: a.ended + b.ended,
            carried: a.carried + b.carried,
            young: a.young + b.young,
        };
        Self { up: self.up + other.up, down: self.down + other.down, time: self.time + other.time, report }
    }

    /// Whether the sync changed nothing on either side.
    pub fn quiet(&self) -> bool {
        self.report == SyncReport { requests: self.report.requests, ..SyncReport::default() }
    }
}

/// What comparing a phone with the hub found.
pub(super) struct Found {
    pub documents: usize,
    pub problems: Vec<String>,
}

impl Handset {
    /// Invites a person; the phone is in their hands but not enrolled yet.
    pub async fn invited(hub: &TestHub, root: &Path, number: u64, name: &str, who: Who<'_>) -> Result<Arc<Self>> {
        let link = Link::start(hub.address, Line::perfect())?;
        let (role, grid, invitee, person) = match who {
            Who::Worker(grid) => (Role::GridWorker, Some(grid.to_owned()), Some(files::person_name(number)), None),
            Who::Member(person) => (Role::Member, None, None, Some(person)),
            Who::Cadre => (Role::Cadre, None, Some(files::person_name(number)), None),
        };
        let new =
            NewInvite { address: format!("http://{}", link.addr()), role, grid, micro_grid: None, unit: None, name: invitee, person, valid_seconds: 86_400 };
        let invite = admin::invite(&hub.hub, &hub.tenant, &new).await?;
        let folder = root.join("phones").join(name.replace(' ', "-"));
        Ok(Arc::new(Self {
            name: name.to_owned(),
            role,
            folder,
            number,
            clock: Arc::new(ManualClock::new(MORNING)),
            link,
            invite,
            openings: AtomicU64::new(0),
        }))
    }

    /// Opens the phone's store.
    pub fn open(&self) -> Result<Device> {
        // Never the same randomness twice.
        let opening = self.openings.fetch_add(1, Ordering::Relaxed);
        Ok(Device::open_with(self.folder.clone(), self.number, self.clock.clone(), self.number | opening << 32)?)
    }

    /// Lets time pass until the phone's clock shows `time`.
    pub fn set_clock(&self, time: i64) {
        self.clock.advance_to(time);
    }

    /// Enrols the phone and receives everything it may read.
    pub async fn enrol(&self) -> Result<Traffic> {
        let device = self.open()?;
        self.counted(async {
            device.phone.enrol(&self.invite, None).await?;
            let mut report = device.sync().await?;
            report.requests += 1;
            Ok(report)
        })
        .await
    }

    /// Syncs at `time`.
    pub async fn sync(&self, time: i64) -> Result<Traffic> {
        self.set_clock(time);
        let device = self.open()?;
        self.counted(async { Ok(device.sync().await?) }).await
    }

    async fn counted(&self, work: impl Future<Output = Result<SyncReport>>) -> Result<Traffic> {
        self.link.reset_counts();
        let began = Instant::now();
        let report = work.await.map_err(|e| format!("{}：{e}", self.name))?;
        let (time, counts) = (began.elapsed(), self.link.counts());
        Ok(Traffic { up: counts.up_bytes, down: counts.down_bytes, time, report })
    }

    /// Does a day's work. Returns how long each visit took to record.
    pub fn replay(&self, day: &[Operation], known: &Known) -> Result<Vec<Duration>> {
        let device = self.open()?;
        let mut walker = Walker::default();
        let mut visits = Vec::new();
        for operation in day {
            self.set_clock(operation.at());
            let began = Instant::now();
            walker.perform(&device.phone, known, operation).map_err(|e| format!("{} {}：{e}", self.name, operation.op()))?;
            if operation.op() == "visit" {
                visits.push(began.elapsed());
            }
        }
        Ok(visits)
    }

    /// Compares the phone with the part of the hub's state that it may read.
    pub fn compare(&self, hub: &HubState) -> Result<Found> {
        let device = self.open()?;
        let held = Held::of_phone(&device.phone)?;
        let mut problems = differences(&hub.visible_to(&self.invite.audiences), &held);
        let status = device.phone.status()?;
        if status.unsent > 0 {
            problems.push(format!("{} 条未发送 / commands unsent", status.unsent));
        }
        if status.unreadable > 0 {
            problems.push(format!("{} 份无法读取 / documents unreadable", status.unreadable));
        }
        problems.extend(status.quarantine.iter().map(|q| format!("被拒 {}：{} / {}", q.command, q.reason_zh, q.reason_en)));
        Ok(Found { documents: held.len(), problems })
    }
}

/// Does `work` with each phone, as many at a time as there are processors; answers in the phones' order.
pub(super) async fn each<T: Send + 'static, F: Future<Output = Result<T>> + Send + 'static>(
    phones: &[Arc<Handset>],
    stage: &Stage,
    work: impl Fn(Arc<Handset>) -> F,
) -> Result<Vec<T>> {
    let at_once = std::thread::available_parallelism().map_or(2, usize::from);
    let gate = Arc::new(Semaphore::new(at_once));
    let mut running = JoinSet::new();
    for (n, phone) in phones.iter().enumerate() {
        let (gate, work) = (gate.clone(), work(phone.clone()));
        running.spawn(async move {
            let _turn = gate.acquire_owned().await?;
            Ok::<_, super::Error>((n, work.await?))
        });
    }
    let mut results = Vec::new();
    while let Some(done) = running.join_next().await {
        results.push(done??);
        stage.at(results.len(), phones.len());
    }
    results.sort_by_key(|(n, _)| *n);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}
