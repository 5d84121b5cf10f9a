//! The entry object: one hub. [`crate::open`] opens it on a data folder.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use gridwalk_core::clock::{HostClock, Reading, Stamp};
use gridwalk_core::identity::{DeviceKey, HostRandom, PublicKey};
use gridwalk_core::ids::{Actor, Id};
use gridwalk_core::versions::Dictionary;

use crate::clock::ConfirmedClock;
use crate::error::{HubError, Result};
use crate::limits::{Gate, Limits};
use crate::metrics::Metrics;
use crate::photo_store::PhotoStore;
use crate::store::{Arg, Conn, Store, all};

/// One hub.
#[derive(Clone)]
pub struct Hub {
    /// The database.
    pub store: Store,
    /// The data folder.
    pub folder: PathBuf,
    /// What it says of itself to Prometheus.
    pub metrics: Arc<Metrics>,
    pub(crate) gate: Arc<Gate>,
    /// The files of photos.
    pub photos: PhotoStore,
    /// What it knows.
    pub dictionary: Dictionary,
    clock: Arc<dyn HostClock>,
    pub(crate) confirmed: ConfirmedClock,
    random: Arc<dyn HostRandom>,
    /// The actor of this process for each tenant with the next id's counter: the hub writes as a device of its own.
    actors: Arc<Mutex<HashMap<String, (Actor, u64)>>>,
}

/// A community as the hub keeps it.
#[derive(Clone)]
pub struct Tenant {
    /// Its name in links and requests.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Signs replies and what the hub itself writes.
    pub key: DeviceKey,
    /// The spare key's public half.
    pub spare: PublicKey,
    /// Who the hub is when it writes.
    pub hub_person: Id,
    /// The settings document.
    pub settings: Id,
}

impl Hub {
    /// A hub on what was opened for it.
    pub(crate) fn new(store: Store, folder: &Path, photos: PhotoStore, metrics: Metrics, clock: Arc<dyn HostClock>, random: Arc<dyn HostRandom>) -> Self {
        Self {
            store,
            folder: folder.to_owned(),
            photos,
            dictionary: Dictionary::OURS,
            metrics: Arc::new(metrics),
            gate: Arc::new(Gate::new(Limits::default())),
            clock,
            confirmed: ConfirmedClock::default(),
            random,
            actors: Arc::default(),
        }
    }

    /// The same hub with other limits.
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { gate: Arc::new(Gate::new(limits)), ..self }
    }

    /// The same hub as one that knows this much: an older one.
    #[cfg(feature = "testing")]
    pub fn with_dictionary(self, dictionary: Dictionary) -> Self {
        Self { dictionary, ..self }
    }

    /// The same hub with the files of photos in another place.
    pub fn with_photos(self, photos: PhotoStore) -> Self {
        Self { photos, ..self }
    }

    /// The hub's time, in seconds since the Unix epoch (UTC). Hubs keep their clocks by NTP.
    pub fn now(&self) -> i64 {
        self.clock.read().wall
    }

    /// Reads the hub's clock and keeps what that confirms.
    pub(crate) async fn read_clock(&self) -> Result<()> {
        self.confirmed.read(&self.store, self.reading()).await
    }

    /// The hub's clocks.
    pub(crate) fn reading(&self) -> Reading {
        self.clock.read()
    }

    /// The time, in seconds since the Unix epoch (UTC), by which things are old enough to be dropped: what several readings of the
    /// clock agree on, at most [`Hub::now`]. See [`crate::clock`].
    pub fn confirmed_now(&self) -> i64 {
        self.confirmed.at(self.clock.read()).0
    }

    /// The latest that it can be, in seconds since the Unix epoch (UTC): nothing that came in by now happened later.
    pub fn latest_now(&self) -> i64 {
        self.confirmed.at(self.clock.read()).1
    }

    /// A stamp of the hub's own: its time is what others are anchored to.
    pub fn stamp(&self) -> Stamp {
        let at = self.now();
        Stamp { reading: Reading { wall: at, boot: "hub".into(), since_boot: 0 }, at, anchored: true }
    }

    /// Fills `bytes` with randomness.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.random.fill(bytes);
    }

    /// The host's randomness.
    pub fn random(&self) -> &dyn HostRandom {
        &*self.random
    }

    /// Writes as this process's actor for `tenant`: `f` gets the actor and its next counter, and returns the counter
    /// after the last one it used.
    pub fn as_actor<T, E>(&self, tenant: &Tenant, f: impl FnOnce(Actor, u64) -> std::result::Result<(T, u64), E>) -> std::result::Result<T, E> {
        let mut actors = self.actors.lock().unwrap_or_else(PoisonError::into_inner);
        let device = tenant.key.device();
        let begin = || {
            let mut random = [0; 4];
            self.random.fill(&mut random);
            (Actor::new(device, random), 1)
        };
        let (actor, counter) = actors.entry(tenant.id.clone()).or_insert_with(begin);
        // The community's key was changed: what is written from now on is signed with the new one.
        if actor.device() != device {
            (*actor, *counter) = begin();
        }
        let (value, next) = f(*actor, *counter)?;
        *counter = next.max(*counter);
        Ok(value)
    }

    /// Goes on in `tenant` as a new actor: one that wrote to a document since cannot write to it as it was before.
    pub fn leave_actor(&self, tenant: &Tenant) {
        self.actors.lock().unwrap_or_else(PoisonError::into_inner).remove(&tenant.id);
    }
}

/// The ids of all communities.
pub async fn tenants(connection: &mut Conn) -> Result<Vec<String>> {
    let rows = all(connection, "SELECT tenant_id FROM tenants ORDER BY tenant_id", vec![]).await?;
    rows.iter().map(|r| Ok(r.get(0)?)).collect()
}

impl Tenant {
    /// The tenant of this id.
    pub async fn find(connection: &mut Conn, id: &str) -> Result<Option<Self>> {
        let rows =
            all(connection, "SELECT name, community_key, spare_public, hub_person, settings FROM tenants WHERE tenant_id = $1", vec![Arg::text(id)]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let key: [u8; 32] = row.get::<Vec<u8>>(1)?.try_into().map_err(|_| damaged())?;
        Ok(Some(Self {
            id: id.to_owned(),
            name: row.get(0)?,
            key: DeviceKey::from_bytes(&key),
            spare: PublicKey::from_bytes(&row.get::<Vec<u8>>(2)?)?,
            hub_person: row.get(3)?,
            settings: row.get(4)?,
        }))
    }
}

fn damaged() -> HubError {
    HubError::usage("数据库已损坏：社区密钥长度不对", "the database is damaged: a community key has the wrong length")
}
