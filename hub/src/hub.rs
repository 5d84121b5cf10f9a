//! The entry object: one hub, opened on a data folder.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use gridwalk_core::clock::{HostClock, Reading, Stamp};
use gridwalk_core::identity::{DeviceKey, HostRandom, PublicKey};
use gridwalk_core::ids::{Actor, Id};
use gridwalk_core::versions::Dictionary;
use sqlx::{AnyConnection, Row};

use crate::admin::tenants;
use crate::clock::{self, ConfirmedClock};
use crate::error::{HubError, Result};
use crate::limits::{Gate, Limits};
use crate::metrics::Metrics;
use crate::photos::{PHOTO_FOLDER, PhotoStore};
use crate::store::{Arg, Store, all};
use crate::sync::rebuild::rebuild;

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
    /// Opens the hub's data folder, or makes it, with SQLite in it.
    pub async fn open(folder: &Path, clock: Arc<dyn HostClock>, random: Arc<dyn HostRandom>) -> Result<Self> {
        Self::open_on(folder, None, clock, random).await
    }

    /// The same with the documents in the PostgreSQL database at the address `database`, if there is one: keys, journals and
    /// photos stay in the folder.
    pub async fn open_on(folder: &Path, database: Option<&str>, clock: Arc<dyn HostClock>, random: Arc<dyn HostRandom>) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let metrics = Arc::new(Metrics::new()?);
        let store = Store::open(folder, database, &*random).await?.measured(metrics.wait.clone());
        let gate = Arc::new(Gate::new(Limits::default()));
        let photos = PhotoStore::in_folder(&folder.join(PHOTO_FOLDER))?;
        let hub = Self {
            store,
            folder: folder.to_owned(),
            photos,
            dictionary: Dictionary::OURS,
            metrics,
            gate,
            clock,
            confirmed: ConfirmedClock::default(),
            random,
            actors: Arc::default(),
        };
        clock::read(&hub).await?;
        if hub.store.rows_are_due().await? {
            hub.rebuild().await?;
        }
        Ok(hub)
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

    /// Makes the read model of all communities anew.
    async fn rebuild(&self) -> Result<()> {
        let ids = tenants(&mut *self.store.read().await?).await?;
        for id in ids {
            let tenant = Tenant::find(&mut *self.store.read().await?, &id).await?;
            if let Some(tenant) = tenant {
                let documents = rebuild(self, &tenant).await?;
                tracing::info!(tenant = id, documents, "read model rebuilt");
            }
        }
        self.store.rows_are_made().await
    }

    /// The same hub with the files of photos in another place.
    pub fn with_photos(self, photos: PhotoStore) -> Self {
        Self { photos, ..self }
    }

    /// The hub's time, in seconds since the Unix epoch (UTC). Hubs keep their clocks by NTP.
    pub fn now(&self) -> i64 {
        self.clock.read().wall
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

    /// Writes as this process's actor for `tenant`: `f` gets the actor and its next counter, and answers with the counter
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

impl Tenant {
    /// The tenant of this id.
    pub async fn find(connection: &mut AnyConnection, id: &str) -> Result<Option<Self>> {
        let rows =
            all(connection, "SELECT name, community_key, spare_public, hub_person, settings FROM tenants WHERE tenant_id = $1", vec![Arg::text(id)]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let key: [u8; 32] = row.try_get::<Vec<u8>, _>(1)?.try_into().map_err(|_| damaged())?;
        Ok(Some(Self {
            id: id.to_owned(),
            name: row.try_get(0)?,
            key: DeviceKey::from_bytes(&key),
            spare: PublicKey::from_bytes(&row.try_get::<Vec<u8>, _>(2)?)?,
            hub_person: row.try_get::<String, _>(3)?.parse()?,
            settings: row.try_get::<String, _>(4)?.parse()?,
        }))
    }
}

fn damaged() -> HubError {
    HubError::usage("数据库已损坏：社区密钥长度不对", "the database is damaged: a community key has the wrong length")
}
