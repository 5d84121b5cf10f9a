//! The way between phones and hub: no sockets, the hub's own entry points, and what goes wrong on the way.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gridwalk_core::clock::ManualClock;
use gridwalk_core::identity::cipher::sha256;
use gridwalk_core::identity::{SeededRandom, SignedHead};
use gridwalk_core::sync::protocol::{ENROL_PATH, RefusalCode, RefusedRequest};
use gridwalk_core::sync::{Answer, SignedRequest, Transport};
use gridwalk_core::{Error, ErrorKind};
use gridwalk_hub::store::DB_FILE;
use gridwalk_hub::sync::{handle_enrol, handle_sync};
use gridwalk_hub::{Hub, HubError, Tenant, admin};

use super::crash::put;
use super::event::Fault;

/// The address that phones know the hub by; nothing listens there.
pub const ADDRESS: &str = "http://hub.test";

/// The hub's process and the folder it works in.
pub struct HubProcess {
    /// The hub.
    pub hub: Hub,
    /// Its one community.
    pub tenant: Tenant,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    folder: PathBuf,
    seed: u64,
    /// How often it was opened: each process has its own randomness.
    opened: u64,
}

impl HubProcess {
    /// Opens the hub in `folder`.
    pub async fn open(folder: PathBuf, clock: Arc<ManualClock>, seed: u64, opened: u64) -> gridwalk_hub::Result<Self> {
        let hub = Hub::open(&folder, clock.clone(), Arc::new(SeededRandom::new(seed ^ opened << 40))).await?;
        admin::repeat_journals(&hub).await?;
        let tenant = admin::find_tenant(&hub, None).await?;
        Ok(Self { hub, tenant, clock, folder, seed, opened })
    }

    async fn reopen(&mut self) -> gridwalk_hub::Result<()> {
        *self = Self::open(self.folder.clone(), self.clock.clone(), self.seed, self.opened + 1).await?;
        Ok(())
    }

    /// Ends the process and begins another.
    pub async fn restart(&mut self) -> gridwalk_hub::Result<()> {
        self.hub.store.close().await;
        self.reopen().await
    }

    /// Copies the database to `to`.
    pub async fn backup(&self, to: &std::path::Path) -> gridwalk_hub::Result<()> {
        if to.exists() {
            std::fs::remove_file(to)?;
            std::fs::remove_dir_all(format!("{}.photos", to.display()))?;
        }
        admin::backup(&self.hub, to).await.map(drop)
    }

    /// Puts the backup in the place of the database, under a new epoch.
    pub async fn restore(&mut self, from: &std::path::Path) -> gridwalk_hub::Result<()> {
        self.hub.store.close().await;
        admin::restore(&self.folder, None, from, self.hub.now(), self.hub.random()).await?;
        self.reopen().await
    }

    /// Handles a request and dies: `thousandths` of what it wrote reach the disk.
    async fn die_in(&mut self, sent: &Sent, thousandths: u32) -> gridwalk_hub::Result<()> {
        let read = |suffix: &str| std::fs::read(self.folder.join(format!("{DB_FILE}{suffix}"))).unwrap_or_default();
        let before = read("-wal").len();
        sent.deliver(&self.hub).await.ok();
        let (database, mut log) = (read(""), read("-wal"));
        let written = log.len().saturating_sub(before) * thousandths as usize / 1000;
        log.truncate(before + written);
        self.hub.store.close().await;
        put(&self.folder, DB_FILE, &database, &log)?;
        self.reopen().await
    }
}

/// A request on its way.
#[derive(Debug, Clone)]
pub struct Sent {
    path: &'static str,
    head: SignedHead,
    body: Vec<u8>,
}

impl Sent {
    fn of(request: &SignedRequest) -> Self {
        Self { path: request.path, head: request.head.clone(), body: request.body.clone() }
    }

    /// Brings it to the hub.
    async fn deliver(&self, hub: &Hub) -> gridwalk_hub::Result<Vec<u8>> {
        if self.path == ENROL_PATH { handle_enrol(hub, &self.head, &self.body).await } else { handle_sync(hub, &self.head, &self.body).await }
    }
}

/// What everyone on the line shares.
pub struct Line {
    /// The hub.
    pub hub: tokio::sync::Mutex<HubProcess>,
    state: Mutex<State>,
    requests: AtomicU64,
}

#[derive(Default)]
struct State {
    fault: Option<(u64, Fault, u32)>,
    lost: Vec<Sent>,
    trace: Vec<String>,
    refused: Option<RefusalCode>,
    defect: Option<String>,
}

impl Line {
    /// A line to this hub.
    pub fn new(hub: HubProcess) -> Self {
        Self { hub: tokio::sync::Mutex::new(hub), state: Mutex::default(), requests: AtomicU64::new(0) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The request after the next `skip` ones meets `fault`.
    pub fn trouble(&self, fault: Fault, skip: u64, thousandths: u32) {
        self.state().fault = Some((self.requests.load(Relaxed) + skip, fault, thousandths));
    }

    /// The line is good again. Returns how the hub refused the last request, if it did.
    pub fn calm(&self) -> Option<RefusalCode> {
        let mut state = self.state();
        state.fault = None;
        state.refused.take()
    }

    /// What passed since this was last asked.
    pub fn passed(&self) -> Vec<String> {
        std::mem::take(&mut self.state().trace)
    }

    /// An error of the hub that is none of the protocol's refusals.
    pub fn defect(&self) -> Option<String> {
        self.state().defect.take()
    }

    /// A request that was lost arrives after all. Returns whether there was one.
    pub async fn deliver_lost(&self, which: usize) -> bool {
        let sent = {
            let mut state = self.state();
            if state.lost.is_empty() {
                return false;
            }
            let which = which % state.lost.len();
            state.lost.remove(which)
        };
        self.hand_over(&sent).await;
        true
    }

    async fn hand_over(&self, sent: &Sent) -> Answer {
        let process = self.hub.lock().await;
        let result = sent.deliver(&process.hub).await;
        let hub_time = process.hub.now();
        drop(process);
        let refused = |code| {
            self.note(format!("  hub refuses: {}", RefusalCode::name(code)));
            self.state().refused = Some(code);
            Answer::Refused(RefusedRequest { code, hub_time })
        };
        match result {
            Ok(bytes) => {
                self.note(format!("  {} bytes up {}, {} bytes down {}", sent.body.len(), short(&sent.body), bytes.len(), short(&bytes)));
                Answer::Reply(bytes)
            }
            Err(HubError::Refused(code)) => refused(code),
            Err(e) => {
                self.state().defect = Some(e.to_string());
                refused(RefusalCode::Busy)
            }
        }
    }

    fn note(&self, line: String) {
        self.state().trace.push(line);
    }
}

impl Transport for Line {
    async fn post(&self, request: &SignedRequest) -> gridwalk_core::Result<Answer> {
        let number = self.requests.fetch_add(1, Relaxed);
        let sent = Sent::of(request);
        let planned = self.state().fault.filter(|(at, ..)| *at == number);
        let Some((_, fault, thousandths)) = planned else { return Ok(self.hand_over(&sent).await) };
        self.note(format!("  request {}: {fault:?}", short(&sent.body)));
        match fault {
            Fault::LoseRequest => {
                self.state().lost.push(sent);
                Err(offline())
            }
            Fault::LoseReply => {
                self.hand_over(&sent).await;
                Err(offline())
            }
            Fault::Twice => {
                self.hand_over(&sent).await;
                Ok(self.hand_over(&sent).await)
            }
            Fault::Cut | Fault::Garble => Ok(match self.hand_over(&sent).await {
                Answer::Reply(mut bytes) => {
                    let at = bytes.len() * thousandths as usize / 1001;
                    if fault == Fault::Cut {
                        bytes.truncate(at);
                    } else if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << (thousandths % 8);
                    }
                    Answer::Reply(bytes)
                }
                refused => refused,
            }),
            Fault::HubCrash => {
                let died = self.hub.lock().await.die_in(&sent, thousandths).await;
                if let Err(e) = died {
                    self.state().defect = Some(format!("the hub does not open after a crash: {e}"));
                }
                Err(offline())
            }
            Fault::None | Fault::PhoneCrash { .. } | Fault::TornCommit { .. } => Ok(self.hand_over(&sent).await),
        }
    }
}

fn offline() -> Error {
    Error::new(ErrorKind::Offline, "线路中断", "the line broke")
}

/// The beginning of the hash of some bytes, for traces.
pub fn short(bytes: &[u8]) -> String {
    sha256(bytes)[..4].iter().map(|b| format!("{b:02x}")).collect()
}
