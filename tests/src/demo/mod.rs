//! The demo: the reference community's day on one hub and a phone per worker and member, with a comparison of all replicas at
//! the end. `src/bin/demo.rs` is its command line.

mod case;
mod compare;
mod files;
mod fleet;
mod folder;
mod stages;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gridwalk_core::rules::Role;
use gridwalk_hub::import::{Imported, import, mapping::Mapping};

use crate::harness::{MORNING, TestHub};
use crate::replay::Known;
use crate::workload::{Community, Operation, Scene, Spec, make};

pub use folder::{Folder, default_path};

use compare::{HubState, differences};
use fleet::{Handset, Traffic, Who, each};
use stages::Stages;
use table::{Row, bytes, median, percentile, seconds};

/// What may go wrong in a demo; its words are for the terminal.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
/// A result of the demo.
pub type Result<T> = std::result::Result<T, Error>;

/// After so many syncs of each phone nobody may have anything left to receive.
const ROUNDS: usize = 4;
/// How many searches are timed.
const SEARCHES: usize = 300;

/// What to show.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which community.
    pub spec: Spec,
    /// The folder of the real files of messages and categories; where they are not, samples are made.
    pub real: Option<PathBuf>,
    /// Where the hub listens.
    pub listen: SocketAddr,
    /// Whether each step is told on standard error.
    pub tell: bool,
}

impl Options {
    /// The whole community of `scene`, or two grids of it.
    pub fn new(scene: Scene, small: bool) -> Self {
        let whole = Spec { scene, ..Spec::default() };
        let two_grids = whole.households.div_ceil(scene.grids()) * 2;
        let spec = if small { Spec { households: two_grids, grids: Some(2), ..whole } } else { whole };
        Self { spec, real: None, listen: SocketAddr::from(([127, 0, 0, 1], 0)), tell: false }
    }
}

/// What the demo found.
pub struct Outcome {
    /// The hub, which still runs.
    pub hub: TestHub,
    /// Where replicas differ from the hub, what the hub refused, what did not come to rest. Empty when all is well.
    pub differences: Vec<String>,
    /// Fields that people set differently at the same time, as the desk sees them.
    pub conflicts: usize,
    /// What workers and members recorded.
    pub operations: usize,
    rows: Vec<Row>,
}

impl Outcome {
    /// The table, for a terminal.
    pub fn table(&self) -> String {
        table::render(&self.rows)
    }
}

/// Runs the demo in `folder`.
///
/// # Errors
/// When a step cannot be done. Differences between replicas are not an error here but part of the outcome.
pub async fn run(folder: &Folder, options: &Options) -> Result<Outcome> {
    let mut demo = Demo { stages: Stages::new(options.tell), rows: Vec::new(), differences: Vec::new() };
    let community = demo.community(&options.spec);
    let hub = TestHub::start_on(&folder.path().join("hub"), options.spec.seed, options.listen, None).await?;
    demo.import(folder.path(), options, &community, &hub).await?;
    let mut phones = demo.enrol(folder.path(), &community, &hub).await?;
    demo.case(folder.path(), &hub, &phones).await?;
    demo.replay(&phones, &community, &hub).await?;
    let evening = community.day.iter().map(Operation::at).max().unwrap_or_default() + 600;
    hub.clock.advance_to(evening);
    demo.sync(folder.path(), &hub, &mut phones, evening).await?;
    let state = demo.compare(&hub, &phones).await?;
    let conflicts = demo.desk(&community, &phones)?;
    demo.sizes(&hub, &phones, &state);
    Ok(Outcome { hub, differences: demo.differences, conflicts, operations: community.day.len(), rows: demo.rows })
}

/// The steps of the demo and what they measured.
struct Demo {
    stages: Stages,
    rows: Vec<Row>,
    differences: Vec<String>,
}

impl Demo {
    fn community(&mut self, spec: &Spec) -> Community {
        let step = ("示范社区", "reference community");
        let stage = self.stages.begin(step);
        let mut community = make(spec);
        community.born_by(MORNING);
        let grids: BTreeSet<&str> = community.households.iter().map(|h| h.grid.as_str()).collect();
        let residents: usize = community.households.iter().map(|h| h.residents.len()).sum();
        self.rows.push(Row {
            step,
            count: format!("{} 户 households", community.households.len()),
            time: Some(stage.end()),
            note: format!("{} · {} 网格 grids · {residents} 居民 residents", spec.scene, grids.len()),
            ..Row::default()
        });
        community
    }

    /// Imports the community, a list of categories and a file of messages.
    async fn import(&mut self, root: &Path, options: &Options, community: &Community, hub: &TestHub) -> Result<()> {
        let dir = root.join("files");
        community.write(&dir)?;
        for (file, step) in
            [("households", ("导入住户", "import households")), ("reports", ("导入上报", "import reports")), ("activities", ("导入活动", "import activities"))]
        {
            let done = self.import_file(hub, &dir.join(format!("{file}.jsonl")), step, "").await?;
            if done.rejected > 0 {
                return Err(format!("{file}：拒收 {} 行 / {} rows rejected", done.rejected, done.rejected).into());
            }
        }
        let files = files::prepare(&dir, options.real.as_deref())?;
        let origin = if files.real { "真实文件 real file" } else { "自制样例 made sample" };
        self.import_file(hub, &files.categories, ("导入分类", "import categories"), origin).await?;
        self.import_file(hub, &files.messages, ("导入留言", "import messages"), origin).await?;
        Ok(())
    }

    async fn import_file(&mut self, hub: &TestHub, path: &Path, step: (&'static str, &'static str), origin: &str) -> Result<Imported> {
        let stage = self.stages.begin(step);
        let done = import(&hub.hub, &hub.tenant, path, &Mapping::default(), |done, total| stage.at(done, total)).await?;
        let mut note = origin.to_owned();
        if let Some(rejects) = &done.rejects_file {
            let name = rejects.file_name().unwrap_or_default().to_string_lossy();
            note.push_str(&format!("\n拒收 rejected {}：files/{name}", done.rejected));
        }
        self.rows.push(Row { step, count: format!("{} 条 records", done.added), time: Some(stage.end()), note, ..Row::default() });
        Ok(done)
    }

    /// A phone for each worker, each member who signs in, and the community's desk.
    async fn enrol(&mut self, root: &Path, community: &Community, hub: &TestHub) -> Result<Vec<Arc<Handset>>> {
        let known = Known::of(&hub.hub, &hub.tenant).await?;
        let people: BTreeMap<&str, &str> = community.day.iter().map(|o| (o.by(), o.grid())).collect();
        let (mut workers, mut members) = (Vec::new(), Vec::new());
        for (number, (name, grid)) in (1..).zip(people) {
            match known.members.get(name) {
                Some(person) => members.push(Handset::invited(hub, root, number, name, Who::Member(*person)).await?),
                None => workers.push(Handset::invited(hub, root, number, name, Who::Worker(grid)).await?),
            }
        }
        let desk = vec![Handset::invited(hub, root, 9_001, "desk", Who::Cadre).await?];
        self.enrol_group(("网格员入网", "enrol workers"), &workers).await?;
        self.enrol_group(("党员入网", "enrol members"), &members).await?;
        self.enrol_group(("社区干部入网", "enrol the desk"), &desk).await?;
        Ok([workers, members, desk].concat())
    }

    async fn enrol_group(&mut self, step: (&'static str, &'static str), phones: &[Arc<Handset>]) -> Result<()> {
        let stage = self.stages.begin(step);
        let done = each(phones, &stage, |phone| async move { phone.enrol().await }).await?;
        self.traffic(step, &done, Some(stage.end()), &|t| t.down);
        Ok(())
    }

    /// One report on its way through street and departments and back, before the day begins.
    async fn case(&mut self, root: &Path, hub: &TestHub, phones: &[Arc<Handset>]) -> Result<()> {
        let Some(desk) = phones.iter().find(|p| p.role == Role::Cadre) else { return Ok(()) };
        let step = ("一件上报", "one case");
        let stage = self.stages.begin(step);
        let led = case::lead(hub, root, &desk.open()?).await?;
        self.differences.extend(led.problems);
        self.rows.push(Row {
            step,
            phones: Some(4),
            count: format!("{} 步 steps", led.steps),
            time: Some(stage.end()),
            note: "退回、重新办理 returned, reopened".into(),
            ..Row::default()
        });
        Ok(())
    }

    /// Everybody's day, offline, on their own phone.
    async fn replay(&mut self, phones: &[Arc<Handset>], community: &Community, hub: &TestHub) -> Result<()> {
        let step = ("离线一天", "the day, offline");
        let known = Arc::new(Known::of(&hub.hub, &hub.tenant).await?);
        let mut days: BTreeMap<&str, Vec<Operation>> = BTreeMap::new();
        for operation in &community.day {
            days.entry(operation.by()).or_default().push(operation.clone());
        }
        let stage = self.stages.begin(step);
        let days: BTreeMap<String, Arc<Vec<Operation>>> = days.into_iter().map(|(by, all)| (by.to_owned(), Arc::new(all))).collect();
        let busy: Vec<_> = phones.iter().filter(|p| days.contains_key(&p.name)).cloned().collect();
        let visits = each(&busy, &stage, |phone| {
            let (day, known) = (days[&phone.name].clone(), known.clone());
            async move { tokio::task::spawn_blocking(move || phone.replay(&day, &known)).await? }
        })
        .await?;
        let mut visits: Vec<Duration> = visits.into_iter().flatten().collect();
        visits.sort_unstable();
        self.rows.push(Row {
            step,
            phones: Some(busy.len()),
            count: format!("{} 次操作 operations", community.day.len()),
            time: Some(stage.end()),
            note: format!("走访 {} 次 visits：p50 {}，p95 {}", visits.len(), seconds(percentile(&visits, 50)), seconds(percentile(&visits, 95))),
            ..Row::default()
        });
        Ok(())
    }

    /// In the evening every phone sends its day; then all sync until nobody has anything left to receive.
    async fn sync(&mut self, root: &Path, hub: &TestHub, phones: &mut Vec<Arc<Handset>>, evening: i64) -> Result<()> {
        const STEPS: [(&str, &str); ROUNDS] = [("晚间同步", "evening sync"), ("第2轮同步", "sync 2"), ("第3轮同步", "sync 3"), ("第4轮同步", "sync 4")];
        for (round, step) in STEPS.into_iter().enumerate() {
            let stage = self.stages.begin(step);
            let done = each(phones, &stage, |phone| async move { phone.sync(evening).await }).await?;
            let time = stage.end();
            if round == 0 {
                // Both groups sync side by side; the time stands with the second.
                let (workers, others): (Vec<_>, Vec<_>) = phones.iter().zip(done).partition(|(p, _)| p.role == Role::GridWorker);
                let only = |group: Vec<(_, Traffic)>| group.into_iter().map(|(_, t)| t).collect::<Vec<_>>();
                self.traffic(("晚间同步·网格员", "evening sync, workers"), &only(workers), None, &|t| t.up);
                self.traffic(("晚间同步·其他", "evening sync, others"), &only(others), Some(time), &|t| t.up);
                // A device of the desk that comes now must end up with the same as those that were there all day.
                let late = vec![Handset::invited(hub, root, 9_002, "late desk", Who::Cadre).await?];
                late[0].set_clock(evening);
                self.enrol_group(("新设备入网", "a new device"), &late).await?;
                phones.extend(late);
            } else {
                self.traffic(step, &done, Some(time), &|t| t.up + t.down);
                if done.iter().all(|t| t.quiet()) {
                    return Ok(());
                }
            }
        }
        self.differences.push(format!("{ROUNDS} 轮同步后仍有手机收到更新 / phones still received news after {ROUNDS} syncs"));
        Ok(())
    }

    /// Compares every phone with what the hub holds for it.
    async fn compare(&mut self, hub: &TestHub, phones: &[Arc<Handset>]) -> Result<Arc<HubState>> {
        let step = ("逐台校验", "compare all replicas");
        let stage = self.stages.begin(step);
        let state = Arc::new(HubState::read(&hub.hub, &hub.tenant).await?);
        let found = each(phones, &stage, |phone| {
            let state = state.clone();
            async move { tokio::task::spawn_blocking(move || phone.compare(&state)).await? }
        })
        .await?;
        let compared: usize = found.iter().map(|f| f.documents).sum();
        let before = self.differences.len();
        for (phone, found) in phones.iter().zip(found) {
            self.differences.extend(found.problems.into_iter().map(|p| format!("{}：{p}", phone.name)));
        }
        // The desk reads everything.
        self.differences.extend(state.outside(&["community".into(), "desk".into()]).map(|id| format!("{id}：社区不可见 / in no audience of the desk")));
        let equal = self.differences.len() == before;
        self.rows.push(Row {
            step,
            phones: Some(phones.len()),
            count: format!("{compared} 份 documents"),
            time: Some(stage.end()),
            note: if equal { "全部一致 all equal".into() } else { "不一致 NOT EQUAL".into() },
            ..Row::default()
        });
        Ok(state)
    }

    /// What the desk sees: conflicts, and how fast it finds people.
    fn desk(&mut self, community: &Community, phones: &[Arc<Handset>]) -> Result<usize> {
        let Some(desk) = phones.iter().find(|p| p.role == Role::Cadre) else { return Ok(0) };
        let device = desk.open()?;
        let conflicts = device.phone.conflicts()?.len();
        self.rows.push(Row {
            step: ("发现冲突", "conflicts found"),
            count: conflicts.to_string(),
            note: "两人同时改同一项，两值都保留 both values kept".into(),
            ..Row::default()
        });
        let step = ("查找居民", "search");
        let stage = self.stages.begin(step);
        let (mut times, mut found) = (Vec::new(), 0);
        for typed in files::searches(community, SEARCHES) {
            let began = Instant::now();
            found += usize::from(!device.phone.find(&typed, 50)?.is_empty());
            times.push(began.elapsed());
        }
        times.sort_unstable();
        self.rows.push(Row {
            step,
            count: format!("{} 次 searches", times.len()),
            time: Some(stage.end()),
            note: format!("p50 {}，p95 {}；{found} 次有结果 found", seconds(percentile(&times, 50)), seconds(percentile(&times, 95))),
            ..Row::default()
        });
        Ok(conflicts)
    }

    fn sizes(&mut self, hub: &TestHub, phones: &[Arc<Handset>], state: &HubState) {
        let of = |role: Role| {
            let mut sizes: Vec<u64> = phones.iter().filter(|p| p.role == role).map(|p| folder::size(&p.folder)).collect();
            bytes(median(&mut sizes))
        };
        let note = format!("网格员 worker {}，党员 member {}，干部 desk {}", of(Role::GridWorker), of(Role::Member), of(Role::Cadre));
        let count = format!("{} 份 documents", state.documents());
        self.rows.push(Row {
            step: ("磁盘占用", "on disk"),
            count,
            note: format!("服务器 hub {}\n{note}", bytes(folder::size(&hub.folder))),
            ..Row::default()
        });
    }

    /// The row of phones that spoke with the hub; the note tells of the median phone.
    fn traffic(&mut self, step: (&'static str, &'static str), done: &[Traffic], time: Option<Duration>, size: &dyn Fn(&Traffic) -> u64) {
        let total = done.iter().fold(Traffic::default(), |sum, t| sum.plus(t));
        let mut each: Vec<u64> = done.iter().map(size).collect();
        let mut requests: Vec<u64> = done.iter().map(|t| u64::from(t.report.requests)).collect();
        let mut times: Vec<Duration> = done.iter().map(|t| t.time).collect();
        times.sort_unstable();
        let (each, requests, each_time) = (bytes(median(&mut each)), median(&mut requests), seconds(percentile(&times, 50)));
        self.rows.push(Row {
            step,
            phones: Some(done.len()),
            count: format!("↑{} ↓{}", total.report.sent, total.report.received),
            up: Some(total.up),
            down: Some(total.down),
            requests: Some(total.report.requests),
            time,
            note: format!("每台 each {each}，{requests} 请求 req，{each_time}"),
        });
    }
}
