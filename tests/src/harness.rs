//! A hub and phones for tests, demo and bench: real HTTP on loopback, hand-set clocks, seeded randomness.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gridwalk_core::clock::ManualClock;
use gridwalk_core::identity::{Invite, SeededRandom};
use gridwalk_core::rules::Role;
use gridwalk_core::sync::SyncReport;
use gridwalk_core::versions::Dictionary;
use gridwalk_core::{Config, Id, Phone, Result};
use gridwalk_hub::admin::{self, NewInvite};
use gridwalk_hub::limits::Limits;
use gridwalk_hub::photo_store::PhotoStore;
use gridwalk_hub::{Hub, Tenant};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::logs;

use crate::postgres;

/// Monday 2026-03-02 08:00 in China, when stories begin.
pub const MORNING: i64 = 1_772_380_800 + 8 * 3600;

/// A running hub.
pub struct TestHub {
    /// The hub.
    pub hub: Hub,
    /// Its one community.
    pub tenant: Tenant,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its data folder.
    pub folder: PathBuf,
    /// Its PostgreSQL database, if tests run on one.
    pub database: Option<String>,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<gridwalk_hub::Result<()>>>,
}

/// A free port of loopback.
const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

async fn hub_on(folder: &Path, database: Option<&str>, clock: Arc<ManualClock>, seed: u64) -> gridwalk_hub::Result<Hub> {
    Hub::open_on(folder, database, clock, Arc::new(SeededRandom::new(seed))).await
}

impl TestHub {
    /// Starts a hub on a free port of loopback, with one community in `folder`, made if it is not there yet.
    pub async fn start(folder: &Path, seed: u64) -> gridwalk_hub::Result<Self> {
        Self::start_on(folder, seed, LOOPBACK, None).await
    }

    /// The same that begins at a time, in seconds since the Unix epoch (UTC).
    pub async fn start_at(folder: &Path, seed: u64, wall: i64) -> gridwalk_hub::Result<Self> {
        let (database, clock) = (postgres::database(folder).await?, Arc::new(ManualClock::new(wall)));
        let hub = hub_on(folder, database.as_deref(), clock.clone(), seed).await?;
        Self::run(hub, folder, database, clock, LOOPBACK, None).await
    }

    /// The same with a certificate and a key.
    pub async fn start_tls(folder: &Path, seed: u64, tls: Option<(PathBuf, PathBuf)>) -> gridwalk_hub::Result<Self> {
        Self::start_on(folder, seed, LOOPBACK, tls).await
    }

    /// The same at an address.
    pub async fn start_on(folder: &Path, seed: u64, listen: SocketAddr, tls: Option<(PathBuf, PathBuf)>) -> gridwalk_hub::Result<Self> {
        let (database, clock) = (postgres::database(folder).await?, Arc::new(ManualClock::new(MORNING)));
        let hub = hub_on(folder, database.as_deref(), clock.clone(), seed).await?;
        Self::run(hub, folder, database, clock, listen, tls).await
    }

    /// A hub with other limits.
    pub async fn start_limited(folder: &Path, seed: u64, limits: Limits) -> gridwalk_hub::Result<Self> {
        let (database, clock) = (postgres::database(folder).await?, Arc::new(ManualClock::new(MORNING)));
        let hub = hub_on(folder, database.as_deref(), clock.clone(), seed).await?.with_limits(limits);
        Self::run(hub, folder, database, clock, LOOPBACK, None).await
    }

    /// The same on a free port, with the files of photos in `photos`.
    pub async fn start_with(folder: &Path, seed: u64, photos: PhotoStore) -> gridwalk_hub::Result<Self> {
        let (database, clock) = (postgres::database(folder).await?, Arc::new(ManualClock::new(MORNING)));
        let hub = hub_on(folder, database.as_deref(), clock.clone(), seed).await?.with_photos(photos);
        Self::run(hub, folder, database, clock, LOOPBACK, None).await
    }

    /// The same as a hub that knows this much: an older one.
    pub async fn start_as(folder: &Path, seed: u64, dictionary: Dictionary) -> gridwalk_hub::Result<Self> {
        let (database, clock) = (postgres::database(folder).await?, Arc::new(ManualClock::new(MORNING)));
        let hub = hub_on(folder, database.as_deref(), clock.clone(), seed).await?.with_dictionary(dictionary);
        Self::run(hub, folder, database, clock, LOOPBACK, None).await
    }

    /// Another process on the same database and photos, at an address of its own and with the same clock.
    pub async fn beside(&self, seed: u64) -> gridwalk_hub::Result<Self> {
        let hub = hub_on(&self.folder, self.database.as_deref(), self.clock.clone(), seed).await?.with_photos(self.hub.photos.clone());
        Self::run(hub, &self.folder, self.database.clone(), self.clock.clone(), LOOPBACK, None).await
    }

    async fn run(
        hub: Hub,
        folder: &Path,
        database: Option<String>,
        clock: Arc<ManualClock>,
        listen: SocketAddr,
        tls: Option<(PathBuf, PathBuf)>,
    ) -> gridwalk_hub::Result<Self> {
        admin::repeat_journals(&hub).await?;
        let tenant = match admin::find_tenant(&hub, None).await {
            Ok(tenant) => tenant,
            Err(_) => admin::create_tenant(&hub, "wuyan", "五堰街道示范社区").await?,
        };
        let (stop, stopped) = oneshot::channel();
        let (said, heard) = oneshot::channel();
        let serving = hub.clone();
        let served = tokio::spawn(async move {
            let stop = async {
                // A dropped sender ends the hub as well.
                drop(stopped.await);
            };
            gridwalk_hub::serve::serve(serving, listen, tls, |a| said.send(a).ok().unwrap_or_default(), stop).await
        });
        let address = heard.await.map_err(|_| gridwalk_hub::HubError::usage("服务没有启动", "the hub did not start"))?;
        let address = address.rsplit('/').next().and_then(|a| a.parse().ok()).unwrap_or(listen);
        Ok(Self { hub, tenant, clock, address, folder: folder.to_owned(), database, stop: Some(stop), served: Some(served) })
    }

    /// The address phones use.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// An invite for a new person.
    pub async fn invite(&self, role: Role, grid: Option<&str>, name: &str) -> gridwalk_hub::Result<Invite> {
        self.invite_at(&self.url(), role, grid, name).await
    }

    /// An invite for a new person, with the hub at another address.
    pub async fn invite_at(&self, address: &str, role: Role, grid: Option<&str>, name: &str) -> gridwalk_hub::Result<Invite> {
        let new = NewInvite {
            address: address.into(),
            role,
            grid: grid.map(str::to_owned),
            micro_grid: None,
            unit: None,
            name: Some(name.into()),
            person: None,
            valid_seconds: 86_400,
        };
        admin::invite(&self.hub, &self.tenant, &new).await
    }

    /// An invite for a person who is there already.
    pub async fn invite_again(&self, role: Role, grid: Option<&str>, person: Id) -> gridwalk_hub::Result<Invite> {
        let new = NewInvite {
            address: self.url(),
            role,
            grid: grid.map(str::to_owned),
            micro_grid: None,
            unit: None,
            name: None,
            person: Some(person),
            valid_seconds: 86_400,
        };
        admin::invite(&self.hub, &self.tenant, &new).await
    }

    /// Stops the hub and waits until its database is closed.
    ///
    /// # Panics
    /// If anything that was logged since [`logs::capture`] names someone whom the hub knows.
    pub async fn stop(mut self) {
        let people = logs::people(&self.hub).await.expect("the log is held against everyone whom the hub knows");
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        if let Some(served) = self.served.take() {
            served.await.ok();
        }
        let naming = logs::captured(&people);
        assert!(naming.is_empty(), "the log names people: {naming:?}");
    }
}

/// A phone for tests.
pub struct Device {
    /// The phone.
    pub phone: Phone,
    /// Its clocks.
    pub clock: Arc<ManualClock>,
    /// The folder of its store.
    pub folder: PathBuf,
    /// Its number, from which key and randomness follow.
    pub number: u64,
}

impl Device {
    /// Opens phone `number` on its folder under `root`.
    pub fn open(root: &Path, number: u64) -> Result<Self> {
        Self::open_with(root.join(format!("phone-{number}")), number, Arc::new(ManualClock::new(MORNING)), number)
    }

    /// Opens a phone with its own randomness: reopened phones must not repeat their first bytes.
    pub fn open_with(folder: PathBuf, number: u64, clock: Arc<ManualClock>, seed: u64) -> Result<Self> {
        Self::open_as(folder, number, clock, seed, Dictionary::OURS)
    }

    /// The same with an app that knows this much: an older one.
    pub fn open_as(folder: PathBuf, number: u64, clock: Arc<ManualClock>, seed: u64, dictionary: Dictionary) -> Result<Self> {
        let config = Config { folder: folder.clone(), key: key_of(number), clock: clock.clone(), random: Arc::new(SeededRandom::new(seed ^ 0x6772_6964)) };
        Ok(Self { phone: Phone::open_as(config, dictionary)?, clock, folder, number })
    }

    /// A phone that is enrolled and has synced once.
    pub async fn enrolled(root: &Path, number: u64, invite: &Invite) -> Result<Self> {
        Self::enrolled_at(root, number, invite, MORNING).await
    }

    /// The same whose clock says `wall`, in seconds since the Unix epoch (UTC).
    pub async fn enrolled_at(root: &Path, number: u64, invite: &Invite, wall: i64) -> Result<Self> {
        let device = Self::open_with(root.join(format!("phone-{number}")), number, Arc::new(ManualClock::new(wall)), number)?;
        device.phone.enrol(invite, None).await?;
        device.sync().await?;
        Ok(device)
    }

    /// Syncs over HTTP.
    pub async fn sync(&self) -> Result<SyncReport> {
        self.phone.sync(|_| {}).await
    }
}

/// The database key of phone `number`.
pub fn key_of(number: u64) -> [u8; 32] {
    let mut key = [7; 32];
    key[..8].copy_from_slice(&number.to_le_bytes());
    key
}

/// A report of a grid, with a title and nothing else.
pub fn report(place: Id, title: &str) -> gridwalk_core::reports::RaiseReport {
    gridwalk_core::reports::RaiseReport {
        place: Some(place),
        category: String::new(),
        title: title.into(),
        detail: String::new(),
        urgency: String::new(),
        lat: None,
        lon: None,
        imported: None,
    }
}
