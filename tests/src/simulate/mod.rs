//! Deterministic simulation: many phones and a hub in one process, without sockets, on clocks set by hand and seeded randomness.
//! A history is drawn from its seed ([`event`]), runs ([`world`]) with whatever goes wrong on the way ([`line`]) and in storage
//! ([`crash`]), comes to rest, and is then held against the invariants ([`check`]) and a model of plain data ([`model`]).
//! The same seed gives the same history, to the byte.

mod act;
mod check;
mod circles;
mod crash;
mod dice;
mod erase;
mod event;
mod given;
mod grids;
mod line;
mod model;
mod phone;
mod rest;
mod stands;
mod template;
mod world;

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

pub use dice::Dice;
pub use event::{Event, Plan};
pub use template::Template;

use world::World;

/// The invariants, by name, with what each asks.
pub const INVARIANTS: [(&str, &str); 13] = [
    ("acknowledged", "no acknowledged change is lost"),
    ("replicas", "all replicas are equal at rest, and to their rebuilt selves"),
    ("status", "every report's status is valid, and a closed one stays closed"),
    ("audience", "nothing is visible outside its audience, nothing is missing inside it"),
    ("counts", "figures and due lists are right"),
    ("twice", "nothing is recorded twice"),
    ("erased", "nothing erased comes back"),
    ("places", "never more places than there are, and every grant explained by its rank"),
    ("stock", "what moved is booked once, and no balance is below zero"),
    ("numbers", "no number is given twice, and none left out"),
    ("rest", "everyone comes to rest"),
    ("error", "nothing fails that may not"),
    ("panic", "nothing panics"),
];

/// An invariant that does not hold.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Which; one of [`INVARIANTS`].
    pub invariant: &'static str,
    /// What was found.
    pub detail: String,
}

impl Failure {
    fn new(invariant: &'static str, detail: String) -> Self {
        Self { invariant, detail }
    }
}

/// What a step of a history returns.
type Done<T = ()> = Result<T, Failure>;

/// An error where nothing may fail.
fn defect(e: impl std::fmt::Debug) -> Failure {
    Failure::new("error", format!("{e:?}"))
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.invariant, self.detail)
    }
}

/// A history that has run.
#[derive(Debug)]
pub struct Outcome {
    /// What happened, line by line, with the hashes of all bytes that travelled.
    pub trace: Vec<String>,
    /// The invariant that does not hold, if one does not.
    pub failure: Option<Failure>,
}

/// Where histories run: memory, where the machine offers it.
pub fn default_base() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}

/// Runs one history in a new folder within `base`, which is removed again.
pub fn run(template: &Template, plan: &Plan, base: &Path) -> Outcome {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let folder = base.join(format!("history-{}", NUMBER.fetch_add(1, Relaxed)));
    let trace = Mutex::new(Vec::new());
    let history = AssertUnwindSafe(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(defect)?;
        runtime.block_on(live(template, plan, &folder, &trace))
    });
    let failure = match std::panic::catch_unwind(history) {
        Ok(result) => result.err(),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied()).unwrap_or("?");
            Some(Failure::new("panic", said.to_owned()))
        }
    };
    // What cannot be removed is in a temporary folder.
    std::fs::remove_dir_all(&folder).ok();
    Outcome { trace: trace.into_inner().unwrap_or_else(PoisonError::into_inner), failure }
}

async fn live(template: &Template, plan: &Plan, folder: &Path, trace: &Mutex<Vec<String>>) -> Result<(), Failure> {
    let mut world = World::begin(template, plan, folder).await?;
    let lived = async {
        for event in &plan.events {
            let happened = world.happen(event).await;
            keep(&mut world, trace);
            happened?;
            check::note_closed(&mut world).await?;
        }
        let quiet = world.quieten().await;
        keep(&mut world, trace);
        quiet?;
        check::check(&mut world).await?;
        let end = check::fingerprint(&world).await?;
        world.trace.push(format!("end {end}"));
        keep(&mut world, trace);
        Ok(())
    }
    .await;
    world.end().await;
    lived
}

fn keep(world: &mut World<'_>, trace: &Mutex<Vec<String>>) {
    trace.lock().unwrap_or_else(PoisonError::into_inner).append(&mut world.trace);
}

/// Leaves out events for as long as the same invariant fails. Returns the shortest history found.
pub fn shorten(template: &Template, plan: &Plan, invariant: &str, base: &Path) -> Plan {
    let mut plan = plan.clone();
    let mut size = plan.events.len().div_ceil(2);
    while size > 0 {
        let mut at = 0;
        while at < plan.events.len() {
            let mut less = plan.clone();
            less.events.drain(at..(at + size).min(plan.events.len()));
            if run(template, &less, base).failure.is_some_and(|f| f.invariant == invariant) {
                plan = less;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    plan
}

/// A row of histories, each of its own seed.
#[derive(Debug, Clone)]
pub struct Many {
    /// The seed of the first; the others follow.
    pub seed: u64,
    /// How many.
    pub histories: u64,
    /// How many run side by side.
    pub threads: usize,
    /// Where they live.
    pub base: PathBuf,
}

/// How a row of histories ended.
#[derive(Debug)]
pub struct Report {
    /// How many ran: all, or those until the first failed.
    pub done: u64,
    /// The first that did not hold.
    pub failed: Option<(Plan, Failure)>,
}

impl Many {
    /// This many histories from this seed, on all processors, in memory.
    pub fn new(seed: u64, histories: u64) -> Self {
        Self { seed, histories, threads: std::thread::available_parallelism().map_or(2, Into::into), base: default_base() }
    }

    /// Runs them until one fails; `each` hears of every one that ran. `f` is then called where the template still is.
    ///
    /// # Errors
    /// If the world of the histories cannot be made.
    pub fn run(&self, each: impl Fn(&Plan, &Outcome) + Sync, f: impl FnOnce(&Template, &Path, &Report)) -> Result<Report, Failure> {
        let folder = tempfile::Builder::new().prefix("gridwalk-simulate-").tempdir_in(&self.base).map_err(defect)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(defect)?;
        let template = runtime.block_on(Template::make(&folder.path().join("template")))?;
        let (next, over, done, failed) = (AtomicU64::new(0), AtomicBool::new(false), AtomicU64::new(0), Mutex::new(None));
        std::thread::scope(|scope| {
            for _ in 0..self.threads {
                scope.spawn(|| {
                    while !over.load(Relaxed) {
                        let n = next.fetch_add(1, Relaxed);
                        if n >= self.histories {
                            return;
                        }
                        let plan = Plan::draw(self.seed + n, template.phones());
                        let outcome = run(&template, &plan, folder.path());
                        done.fetch_add(1, Relaxed);
                        each(&plan, &outcome);
                        if let Some(failure) = outcome.failure {
                            over.store(true, Relaxed);
                            failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert((plan, failure));
                        }
                    }
                });
            }
        });
        let report = Report { done: done.load(Relaxed), failed: failed.into_inner().unwrap_or_else(PoisonError::into_inner) };
        f(&template, folder.path(), &report);
        Ok(report)
    }
}
