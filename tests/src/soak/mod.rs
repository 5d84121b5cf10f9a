//! Endurance: many phones' processes against a hub's process on loopback, all killed again and again with `kill -9`. In the end
//! every phone syncs once more, and what it said was recorded is looked for in the hub's database.

pub mod phone;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gridwalk_core::clock::SystemClock;
use gridwalk_core::identity::SystemRandom;
use gridwalk_core::rules::Role;
use gridwalk_hub::admin::{self, NewInvite};
use gridwalk_hub::import::{import, mapping::Mapping};
use gridwalk_hub::{Hub, store};

use crate::simulate::Dice;
use crate::workload::{Scene, Spec, make};
use phone::JOURNAL;

/// What stops a soak; lost work is no error of the soak but its result.
pub type Failed = Box<dyn std::error::Error + Send + Sync>;
/// The result of everything here.
pub type Result<T> = std::result::Result<T, Failed>;

/// What a phone's act made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// A visit.
    Visit,
    /// A resident.
    Resident,
    /// A report.
    Report,
}

impl Sort {
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Visit, "visit", "SELECT doc, coalesce(note, '') FROM visits"),
        (Self::Resident, "resident", "SELECT entry, name FROM residents"),
        (Self::Report, "report", "SELECT doc, title FROM reports"),
    ];

    /// The word in a journal.
    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(s, ..)| *s == self).map_or("", |(_, code, _)| code)
    }

    fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, c, _)| *c == code).map(|(s, ..)| *s)
    }
}

/// How long, how many, and with which programs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Phones.
    pub phones: u64,
    /// How long they work at least.
    pub time: Duration,
    /// And until so many phones were killed and so many acts recorded, however slow the machine is.
    pub at_least: (u64, usize),
    /// What decides who is killed when.
    pub seed: u64,
    /// The program of the phones: this one's own.
    pub phone_program: PathBuf,
    /// The program of the hub.
    pub hub_program: PathBuf,
    /// Its arguments for a data folder and an address.
    pub hub_arguments: fn(&str, &str) -> Vec<String>,
    /// Where everything is kept while it runs.
    pub folder: PathBuf,
}

/// What a soak counted.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Acts that phones said are recorded.
    pub acknowledged: usize,
    /// Of those, what is not at the hub.
    pub lost: Vec<String>,
    /// What is at the hub twice.
    pub twice: Vec<String>,
    /// At the hub, and durable before its phone could say so.
    pub unsaid: usize,
    /// Commands that phones could not send in the end, or that the hub refused.
    pub left: Vec<String>,
    /// Phones killed.
    pub phones_killed: u64,
    /// Times the hub was killed.
    pub hubs_killed: u64,
    /// Phones' processes that ended by themselves.
    pub ended: Vec<String>,
}

impl Outcome {
    /// Whether nothing was lost and nothing went wrong.
    pub fn is_good(&self) -> bool {
        self.acknowledged > 0 && self.lost.is_empty() && self.twice.is_empty() && self.left.is_empty() && self.ended.is_empty()
    }
}

/// A child that dies with its owner.
struct Process(Child);

impl Process {
    fn start(program: &Path, arguments: &[&str], errors: &Path, out: Stdio) -> Result<Self> {
        let errors = File::options().create(true).append(true).open(errors)?;
        Ok(Self(Command::new(program).args(arguments).stdin(Stdio::null()).stdout(out).stderr(errors).env("RUST_LOG", "error").spawn()?))
    }

    fn kill(&mut self) -> Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Ended already, or ended now: either is what was wanted.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Runs a soak to its end.
pub async fn run(options: &Options) -> Result<Outcome> {
    let listen = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let data = options.folder.join("hub");
    prepare(options, &data, &listen).await?;
    let mut outcome = Outcome::default();
    let mut dice = Dice::new(options.seed);
    let start_hub = || start_hub(options, &data, &listen);
    let start_phone = |n: u64| start_phone(options, n);
    let mut hub = start_hub()?;
    let mut phones: Vec<Process> = (0..options.phones).map(start_phone).collect::<Result<_>>()?;
    let end = Instant::now() + options.time;
    while Instant::now() < end || outcome.phones_killed < options.at_least.0 || journals(options).map(|j| j.lines().count()).sum::<usize>() < options.at_least.1
    {
        // Some phone every half second, the hub every ten or so. Nothing waits for anything here: this is how often things go wrong.
        tokio::time::sleep(Duration::from_millis(200 + dice.below(600))).await;
        for _ in 0..=options.phones / 50 {
            let n = dice.below(options.phones);
            let place = &mut phones[usize::try_from(n)?];
            if let Some(status) = place.0.try_wait()? {
                outcome.ended.push(format!("phone {n}: {status}"));
            } else {
                place.kill()?;
                outcome.phones_killed += 1;
            }
            *place = start_phone(n)?;
        }
        if dice.chance(5) {
            hub.kill()?;
            outcome.hubs_killed += 1;
            tokio::time::sleep(Duration::from_millis(dice.below(3000))).await;
            hub = start_hub()?;
        }
    }
    for phone in &mut phones {
        phone.kill()?;
    }
    drop(phones);
    for n in 0..options.phones {
        let (folder, number) = (options.folder.join(format!("phone-{n}")), n.to_string());
        let output = Command::new(&options.phone_program).args(["finish", path(&folder)?, &number]).output()?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() || said != "unsent 0 refused 0" {
            outcome.left.push(format!("phone {n}: {said} {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
    }
    hub.kill()?;
    compare(options, &data, &mut outcome).await?;
    Ok(outcome)
}

/// A community with a grid for every eight phones, and an invite for each.
async fn prepare(options: &Options, data: &Path, listen: &str) -> Result<()> {
    let hub = Hub::open(data, Arc::new(SystemClock), Arc::new(SystemRandom)).await?;
    let tenant = admin::create_tenant(&hub, "wuyan", "示范社区").await?;
    let grids = usize::try_from(options.phones.div_ceil(8))?.max(2);
    make(&Spec { scene: Scene::Standard, households: 30 * grids, grids: Some(grids), days: 1, seed: options.seed }).write(&options.folder)?;
    import(&hub, &tenant, &options.folder.join("households.jsonl"), &Mapping::default(), |_, _| {}).await?;
    for n in 0..options.phones {
        let new = NewInvite {
            address: format!("http://{listen}"),
            role: Role::GridWorker,
            grid: Some(format!("g{:02}", usize::try_from(n)? % grids)),
            micro_grid: None,
            unit: None,
            name: Some(format!("网格员{n}")),
            person: None,
            valid_seconds: 86_400,
        };
        let invite = admin::invite(&hub, &tenant, &new).await?;
        fs::create_dir_all(options.folder.join(format!("phone-{n}")))?;
        fs::write(options.folder.join(format!("invite-{n}")), invite.to_string())?;
    }
    hub.store.close().await;
    Ok(())
}

fn start_hub(options: &Options, data: &Path, listen: &str) -> Result<Process> {
    let arguments = (options.hub_arguments)(path(data)?, listen);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut process = Process::start(&options.hub_program, &arguments, &options.folder.join("hub.log"), Stdio::piped())?;
    let mut line = String::new();
    if let Some(out) = process.0.stdout.take() {
        BufReader::new(out).read_line(&mut line)?;
    }
    if line.starts_with("http") { Ok(process) } else { Err("服务器没有启动，见 hub.log / the hub did not start, see hub.log".into()) }
}

fn start_phone(options: &Options, n: u64) -> Result<Process> {
    let (folder, invite) = (options.folder.join(format!("phone-{n}")), options.folder.join(format!("invite-{n}")));
    // So many acts a second all together, whatever the number of phones.
    let pause = (options.phones * 20).max(300).to_string();
    let arguments = ["work", path(&folder)?, &n.to_string(), path(&invite)?, &pause];
    Process::start(&options.phone_program, &arguments, &options.folder.join("phones.log"), Stdio::null())
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| "路径须为 UTF-8 / the path must be UTF-8".into())
}

/// What each phone has written to its journal.
fn journals(options: &Options) -> impl Iterator<Item = String> {
    // A phone that has recorded nothing yet has none.
    (0..options.phones).map(|n| fs::read_to_string(options.folder.join(format!("phone-{n}")).join(JOURNAL)).unwrap_or_default())
}

/// Holds the journals against the hub's database.
async fn compare(options: &Options, data: &Path, outcome: &mut Outcome) -> Result<()> {
    let hub = Hub::open(data, Arc::new(SystemClock), Arc::new(SystemRandom)).await?;
    let mut read = hub.store.read().await?;
    let mut there: BTreeMap<(Sort, String), BTreeSet<String>> = BTreeMap::new();
    for (sort, _, sql) in Sort::ALL {
        for row in store::all(&mut read, sql, vec![]).await? {
            let (id, token): (String, String) = (row.get(0)?, row.get(1)?);
            // What was there before carries other texts.
            if token.starts_with('s') && !there.entry((sort, token.clone())).or_default().insert(id) {
                outcome.twice.push(token);
            }
        }
    }
    outcome.twice.extend(there.iter().filter(|(_, ids)| ids.len() > 1).map(|((_, token), _)| token.clone()));
    for journal in journals(options) {
        // A line that was being written when its phone was killed has no end.
        for line in journal.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            let [code, id, token] = line.split(' ').collect::<Vec<_>>()[..] else { return Err(format!("journal: {line}").into()) };
            let sort = Sort::parse(code).ok_or("journal")?;
            outcome.acknowledged += 1;
            if there.remove(&(sort, token.to_owned())).is_none_or(|ids| !ids.contains(id)) {
                outcome.lost.push(line.to_owned());
            }
        }
    }
    outcome.unsaid = there.len();
    drop(read);
    hub.store.close().await;
    Ok(())
}
