//! The entry object: one phone, opened on a folder. Everything a shell calls is here or in [`crate::sync`]; what is decided
//! lies in the modules above.

mod drafts;
mod export;
mod leaving;
mod photos;
mod quarantine;
mod returned;
mod run;
mod status;
mod unsent;
mod views;
mod waiting;
mod younger;

pub use drafts::{DraftPhotoView, DraftView, MAX_DRAFT_BYTES};
pub use export::FactView;
pub use leaving::Leaving;
pub(crate) use leaving::leaving;
pub(crate) use photos::no_photo;
pub use quarantine::TakenIn;
pub use returned::Exporter;
pub use run::Outcome;
pub(crate) use run::{CHANGES_OF, Row, UNSENT, keep_change, perform, unsent_docs_of};
pub use status::{HubRefusal, Quarantined, Status, TenantStatus};
pub use unsent::{UnsentPage, UnsentView};
pub(crate) use unsent::{unsent_view, why_not_taken_back};
pub use views::MarkView;
pub(crate) use waiting::{Emptied, GENERATION, HELD, WAITING};

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::clock::{Anchor, HostClock, Reading, SystemClock};
use crate::documents::hash_text;
use crate::error::{Error, ErrorKind, Result};
use crate::identity::cipher::sha256;
use crate::identity::{DeviceKey, HostRandom, SystemRandom};
use crate::ids::{Actor, DeviceId, Id, ids_in};
use crate::kinds::Input;
use crate::photos::document::PHOTOS;
use crate::rules::{Author, Grant};
use crate::store::{Store, StoredDoc, from_json};
use crate::versions::{Dictionary, dictionary};

/// What one request or reply may carry at first, in bytes.
const FIRST_MAX_BYTES: u32 = 256 << 10;

/// What the host gives.
pub struct Config {
    /// The folder of the store.
    pub folder: PathBuf,
    /// The store's raw key, from Android Keystore or iOS Keychain; the core never writes it.
    pub key: [u8; 32],
    /// The host's clocks.
    pub clock: Arc<dyn HostClock>,
    /// The host's randomness.
    pub random: Arc<dyn HostRandom>,
}

impl Config {
    /// A configuration with this machine's own clocks and randomness.
    pub fn new(folder: impl Into<PathBuf>, key: [u8; 32]) -> Self {
        Self { folder: folder.into(), key, clock: Arc::new(SystemClock), random: Arc::new(SystemRandom) }
    }
}

/// Hears, after each commit, which read-model tables changed.
pub trait Listener: Send + Sync {
    /// The rows of these tables changed.
    fn changed(&self, tables: &[&'static str]);
}

/// One phone.
pub struct Phone {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn HostClock>,
    pub(crate) random: Arc<dyn HostRandom>,
    listeners: Mutex<Vec<Weak<dyn Listener>>>,
    /// Makes the names of this phone's boots its own.
    boots: OnceLock<[u8; 32]>,
}

/// A community this phone is enrolled in.
#[derive(Debug, Clone)]
pub struct Membership {
    /// The community.
    pub tenant: String,
    /// The person.
    pub person: Id,
    /// Their roles.
    pub grants: Vec<Grant>,
    /// The cursor's number.
    pub cursor: u64,
    /// The number of the hub's dictionary, once it told it.
    pub dictionary: Option<u32>,
}

impl Phone {
    /// Opens the phone's store, or makes it.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub fn open(config: Config) -> Result<Self> {
        Self::open_store(config, Dictionary::OURS)
    }

    /// The same as an app that knows this much: an older one.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    #[cfg(feature = "testing")]
    pub fn open_as(config: Config, dictionary: Dictionary) -> Result<Self> {
        Self::open_store(config, dictionary)
    }

    fn open_store(config: Config, dictionary: Dictionary) -> Result<Self> {
        let store = Store::open_as(&config.folder, &config.key, dictionary)?;
        let phone = Self { store, clock: config.clock.clone(), random: config.random.clone(), listeners: Mutex::new(Vec::new()), boots: OnceLock::new() };
        let scrub = match phone.store.read(|c| Ok(c.query_row("SELECT scrub FROM state", [], |r| r.get::<_, bool>(0)).optional()?)) {
            // Opening again looks closely, sets the file aside and says where.
            Err(e) if e.kind() == ErrorKind::Damaged => return Store::open(&config.folder, &config.key).and(Err(e)),
            known => known?,
        };
        match scrub {
            None => phone.store.write(|tx| phone.begin(tx))?,
            Some(true) => phone.scrub()?,
            Some(false) => {}
        }
        phone.sweep_photos()?;
        Ok(phone)
    }

    /// Leaves no byte of what was erased: in the search index, in free pages, in the write-ahead log. What hinders it (a full
    /// disk, someone reading) is waited for: it is tried again at every opening and sync.
    pub(crate) fn scrub(&self) -> Result<()> {
        if !self.store.read(|c| Ok(c.query_row("SELECT scrub FROM state", [], |r| r.get::<_, bool>(0))?))? {
            return Ok(());
        }
        let run = || -> Result<bool> {
            self.store.write(|tx| crate::search::scrub(tx))?;
            self.store.rewrite()
        };
        match run() {
            Ok(false) => Ok(()),
            Ok(true) => self.store.write(|tx| Ok(tx.execute("UPDATE state SET scrub = 0", []).map(drop)?)),
            Err(e) if e.kind() == ErrorKind::CannotWrite => Ok(()),
            Err(e) => Err(e),
        }
    }

    /// The first opening makes the device's key.
    fn begin(&self, tx: &Transaction<'_>) -> Result<()> {
        let key = DeviceKey::make(&*self.random);
        let actor = self.new_actor(key.device());
        let mut photo_key = [0; 32];
        self.random.fill(&mut photo_key);
        tx.execute(
            "INSERT INTO state (one, device_key, photo_key, actor, next_counter, hub_time, max_bytes) VALUES (1, ?1, ?2, ?3, 1, NULL, ?4)",
            rusqlite::params![key.to_bytes(), photo_key, actor.0, FIRST_MAX_BYTES],
        )?;
        Ok(())
    }

    /// What the host's clocks say now. The boot gets a name that is this phone's own: a host may merely count its boots, and a time
    /// found for one phone's boot must not be taken for another's.
    pub(crate) fn read_clock(&self) -> Result<Reading> {
        let reading = self.clock.read();
        let salt = match self.boots.get() {
            Some(salt) => salt,
            None => {
                let key = self.store.read(|c| Ok(c.query_row("SELECT photo_key FROM state", [], |r| r.get::<_, [u8; 32]>(0))?))?;
                self.boots.get_or_init(|| key)
            }
        };
        let name = sha256(&[b"gridwalk boot".as_slice(), salt, reading.boot.as_bytes()].concat());
        Ok(Reading { boot: hash_text(&name)[..16].to_owned(), ..reading })
    }

    pub(crate) fn new_actor(&self, device: DeviceId) -> Actor {
        let mut random = [0; 4];
        self.random.fill(&mut random);
        Actor::new(device, random)
    }

    /// Hears of changes until the listener is dropped.
    pub fn listen(&self, listener: &Arc<dyn Listener>) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(listener));
    }

    pub(crate) fn notify(&self, tables: &[&'static str]) {
        if tables.is_empty() {
            return;
        }
        if tables.contains(&PHOTOS.name) {
            // A file that cannot be removed now is tried again, and told of, with the next sync and the next opening.
            drop(self.sweep_photos());
        }
        let live: Vec<_> = {
            let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
            listeners.retain(|l| l.strong_count() > 0);
            listeners.iter().filter_map(Weak::upgrade).collect()
        };
        for listener in live {
            listener.changed(tables);
        }
    }

    /// Chooses the community that is meant wherever a command or a question names nothing of one, on a phone that is in several.
    /// It stays chosen.
    ///
    /// # Errors
    /// `enrolment` if the phone is not in it.
    pub fn choose(&self, tenant: &str) -> Result<()> {
        self.store.write(|tx| {
            membership(tx, Some(tenant))?;
            Ok(tx.execute("UPDATE tenants SET chosen = (tenant = ?1)", [tenant]).map(drop)?)
        })?;
        self.notify(&["tenants"]);
        Ok(())
    }

    /// Makes the store useless at once: everything of it is overwritten and removed, what is unsent too ([`Phone::log_out`] sends it
    /// first). The host then lets go of the key that it keeps. Ask the person first. A store that cannot be opened: [`crate::store::shred`].
    pub fn shred(&self) -> Result<()> {
        self.store.shred()
    }

    /// The store, for tests and support tools.
    pub fn store(&self) -> &Store {
        &self.store
    }
}

/// The newest genesis number this app knows.
pub fn newest_schema() -> u16 {
    crate::kinds::known().flat_map(|k| k.versions.iter().map(|v| v.number)).max().unwrap_or(0)
}

/// What every command and request needs of the store's one row.
pub(crate) struct State {
    key: [u8; 32],
    pub actor: Actor,
    pub next_counter: u64,
    pub hub_time: Option<i64>,
    pub max_bytes: u32,
}

impl State {
    /// The device's key. Making it costs a twentieth of a record, so it is made where something is signed.
    pub fn key(&self) -> DeviceKey {
        DeviceKey::from_bytes(&self.key)
    }
}

pub(crate) fn state(connection: &Connection) -> Result<State> {
    let row = connection
        .prepare_cached("SELECT device_key, actor, next_counter, hub_time, max_bytes FROM state")?
        .query_row([], |r| Ok((r.get::<_, [u8; 32]>(0)?, r.get::<_, [u8; 12]>(1)?, r.get(2)?, r.get(3)?, r.get(4)?)))?;
    Ok(State { key: row.0, actor: Actor(row.1), next_counter: row.2, hub_time: row.3, max_bytes: row.4 })
}

/// The anchor known for a boot.
pub(crate) fn anchor(connection: &Connection, reading: &Reading) -> Result<Option<Anchor>> {
    let found = connection
        .prepare_cached("SELECT since_boot, hub_time FROM anchors WHERE boot = ?1")?
        .query_row([&reading.boot], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    Ok(found.map(|(since_boot, hub_time)| Anchor { boot: reading.boot.clone(), since_boot, hub_time }))
}

/// The community of this name; without a name the only one, or of several the one that was chosen.
///
/// # Errors
/// `enrolment` if the phone is in none of that name. `invalid`, with the names of all, if it is in several and none was chosen.
pub(crate) fn membership(connection: &Connection, tenant: Option<&str>) -> Result<Membership> {
    let mut statement = connection.prepare_cached(
        "SELECT tenant, person, grants, number, dictionary, chosen FROM tenants WHERE ?1 IS NULL OR tenant = ?1 ORDER BY chosen DESC, rowid LIMIT 2",
    )?;
    let row = |r: &rusqlite::Row<'_>| Ok((r.get::<_, String>(0)?, r.get::<_, Id>(1)?, r.get::<_, String>(2)?, r.get(3)?, r.get(4)?, r.get::<_, bool>(5)?));
    let found = statement.query_map([tenant], row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    if found.len() > 1 && !found[0].5 {
        let all: String = connection.query_row("SELECT group_concat(tenant, '、') FROM (SELECT tenant FROM tenants ORDER BY rowid)", [], |r| r.get(0))?;
        return Err(Error::invalid(
            format!("这台设备加入了多个社区，请先选定一个：{all}"),
            format!("this device is in several communities; choose one first: {}", all.replace('、', ", ")),
        ));
    }
    let (tenant, person, grants, cursor, dictionary, _) = found.into_iter().next().ok_or_else(|| match tenant {
        Some(_) => {
            Error::new(ErrorKind::Enrolment, "这台设备没有加入这个社区，请用它的入网链接入网", "this device is not in that community; enrol with its link")
        }
        None => {
            Error::new(ErrorKind::Enrolment, "这台设备尚未入网，请先用入网链接入网", "this device is not enrolled; enrol with a link from the community first")
        }
    })?;
    let grants: Vec<(String, String)> = from_json(&grants)?;
    // A role of a newer hub means nothing here, and keeps nobody from working in the others.
    let grants = grants.iter().filter_map(|(role, scope)| Some(Grant { role: role.parse().ok()?, scope: scope.parse().ok()? })).collect();
    Ok(Membership { tenant, person, grants, cursor, dictionary })
}

/// The community that `input` is for: that of the documents it names; where it names none, as [`membership`] says.
///
/// # Errors
/// `invalid` if it names documents of several communities.
pub(crate) fn membership_for(connection: &Connection, input: &Input) -> Result<Membership> {
    let several: bool = connection.prepare_cached("SELECT count(*) > 1 FROM tenants")?.query_row([], |r| r.get(0))?;
    let mut named = Vec::new();
    if several {
        ids_in(&serde_json::to_value(input).map_err(|e| Error::internal("JSON").with_source(e))?, &mut named);
    }
    let mut tenants = BTreeSet::new();
    for id in named {
        tenants.extend(StoredDoc::find(connection, id)?.map(|stored| stored.tenant));
    }
    if tenants.len() > 1 {
        return Err(Error::invalid("这条记录涉及不同社区的资料", "this concerns documents of different communities"));
    }
    membership(connection, tenants.first().map(String::as_str))
}

impl Membership {
    /// What the hub knows, if that is less than this app: an older one.
    pub(crate) fn older_hub(&self) -> Option<Dictionary> {
        self.dictionary.filter(|number| *number < dictionary().number).map(Dictionary::of_hub)
    }

    /// The author behind `device`, of a command with ids of actor `ids`.
    pub(crate) fn author(&self, device: DeviceId, ids: Actor) -> Author {
        Author { device, devices: vec![device, ids.device()], person: self.person, grants: self.grants.clone() }
    }
}
