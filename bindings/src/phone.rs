//! The entry object: opening, where the phone stands, taking data out.

use std::sync::Arc;

use gridwalk_core::carriers::CarriedStatus;
use gridwalk_core::phone::{Config, FactView, HubRefusal, MarkView, Quarantined, Status, TakenIn, TenantStatus};
use gridwalk_core::records::{Confirm, KindView};
use gridwalk_core::{Error, Input};

use crate::error::Result;
use crate::host::{HostClock, ShellClock};
use crate::runtime::hop;
use crate::values::{Id, Json, JsonMap, RoleScope};

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Outcome {
    /// The command's id.
    pub command: Id,
    /// What it is about or made: the visit, the report, the resident.
    pub value: Id,
    /// Read-model tables whose rows changed; none if the same command was recorded before.
    pub changed: Vec<String>,
}

impl From<gridwalk_core::phone::Outcome> for Outcome {
    fn from(outcome: gridwalk_core::phone::Outcome) -> Self {
        Self { command: outcome.command, value: outcome.value, changed: outcome.changed.into_iter().map(str::to_owned).collect() }
    }
}

/// Where the phone stands.
#[uniffi::remote(Record)]
pub struct Status {
    /// The device's id.
    pub device: String,
    /// The communities it is enrolled in.
    pub tenants: Vec<TenantStatus>,
    /// The number of this app's dictionary. Where a hub's is lower, what it does not know is not offered.
    pub dictionary: u32,
    /// Documents on the phone.
    pub documents: u64,
    /// Documents among them of a kind that this app does not know: they can be read once it is updated.
    pub after_update: u64,
    /// Commands that the hub has not answered yet.
    pub unsent: u64,
    /// Commands among them that wait until the hub is upgraded: it does not know yet what they say.
    pub held: u64,
    /// Conflicts waiting for someone to choose.
    pub conflicts: u64,
    /// Documents whose news could not be read.
    pub unreadable: u64,
    /// Whether something was erased that free pages may still hold; it is tried again at every opening and sync.
    pub erasing: bool,
    /// What the hub refused, oldest first.
    pub quarantine: Vec<Quarantined>,
    /// What it carries for others.
    pub carried: CarriedStatus,
}

/// A community the phone is enrolled in.
#[uniffi::remote(Record)]
pub struct TenantStatus {
    /// The community.
    pub tenant: String,
    /// The hub's address.
    pub hub: String,
    /// The person's id.
    pub person: String,
    /// The person's name, empty until it has been synced.
    pub person_name: String,
    /// Whether it is meant where nothing says which: it is the only one, or was chosen.
    pub chosen: bool,
    /// Roles with their scopes.
    pub roles: Vec<RoleScope>,
    /// The hub's time at the last complete sync, in seconds since the Unix epoch (UTC).
    pub synced_at: Option<i64>,
    /// The number of the hub's dictionary at the last sync.
    pub dictionary: Option<u32>,
    /// Why the hub refused the last request, if it did: a revoked device is told so here.
    pub refused: Option<HubRefusal>,
}

/// A mark on a record of an older app, which was not asked for what is asked for now.
#[uniffi::remote(Record)]
pub struct MarkView {
    /// The field.
    pub path: String,
    /// `missing` or `too_long`.
    pub mark: String,
    /// What people call the field.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

/// A refusal of a whole request.
#[uniffi::remote(Record)]
pub struct HubRefusal {
    /// Its stable name: `revoked`, `unknown_device`, …
    pub code: String,
    /// What to do, in Chinese.
    pub zh: String,
    /// What to do, in English.
    pub en: String,
}

/// What came of taking a file of refused records in.
#[uniffi::remote(Record)]
pub struct TakenIn {
    /// Records that are in quarantine now.
    pub added: u64,
    /// Records that this phone had already, refused or not.
    pub known: u64,
    /// Records about what was erased since: they stay outside.
    pub erased: u64,
}

/// A command that was refused: kept with the reason until it is resubmitted or given up.
#[uniffi::remote(Record)]
pub struct Quarantined {
    /// The command's id.
    pub id: Id,
    /// What it is, by its stable name.
    pub command: String,
    /// Who recorded it (a person's id), empty if that was erased.
    pub by: String,
    /// The name of who recorded it, empty if not known here.
    pub by_name: String,
    /// When it was run, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// The reason's code.
    pub reason: String,
    /// The reason in Chinese.
    pub reason_zh: String,
    /// The reason in English.
    pub reason_en: String,
    /// What was entered, as JSON.
    pub input: Json,
}

/// A fact of a record with who last wrote or confirmed it, and when.
#[uniffi::remote(Record)]
pub struct FactView {
    /// Where it stands: keys joined by `/`, as in the document.
    pub path: String,
    /// The value.
    pub value: Json,
    /// Whether it is the one that screens show; the others were set at the same time.
    pub shown: bool,
    /// Who that was (a person's id), empty if the record does not say.
    pub by: String,
    /// Their name, empty if not known here.
    pub by_name: String,
    /// When, as the record says, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether they confirmed what was written before, or wrote it.
    pub confirmed: bool,
    /// What people call the field.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

/// One phone, opened on a folder.
#[derive(uniffi::Object)]
pub struct Phone {
    pub(crate) core: Arc<gridwalk_core::Phone>,
}

impl Phone {
    /// Calls the core off the caller's thread.
    pub(crate) async fn call<T: Send + 'static>(&self, work: impl FnOnce(&gridwalk_core::Phone) -> gridwalk_core::Result<T> + Send + 'static) -> Result<T> {
        let core = self.core.clone();
        hop(move || work(&core)).await
    }

    /// Runs a command, under the id that was made when its form was opened if there is one.
    pub(crate) async fn run(&self, id: Option<Id>, input: impl Into<Input>) -> Result<Outcome> {
        let input = input.into();
        let run = move |core: &gridwalk_core::Phone| match id {
            Some(id) => core.run_as(id, input),
            None => core.run(input),
        };
        Ok(self.call(run).await?.into())
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Opens the phone's store in `folder`, or makes it, with the 32 bytes of its key, which the shell keeps (Android Keystore,
    /// iOS Keychain). Without a `clock` the machine's own is read.
    #[uniffi::constructor(default(clock = None))]
    pub async fn open(folder: String, key: Vec<u8>, clock: Option<Arc<dyn HostClock>>) -> Result<Self> {
        let key = <[u8; 32]>::try_from(key).map_err(|_| Error::invalid("数据库密钥须为32字节", "the database key must be 32 bytes"))?;
        let mut config = Config::new(folder, key);
        if let Some(clock) = clock {
            config.clock = Arc::new(ShellClock(clock));
        }
        let core = hop(|| gridwalk_core::Phone::open(config)).await?;
        Ok(Self { core: Arc::new(core) })
    }

    /// Chooses the community that is meant wherever a command or a question names nothing of one, on a phone that is in several.
    /// It stays chosen; `status` says which.
    pub async fn choose(&self, tenant: String) -> Result<()> {
        self.call(move |core| core.choose(&tenant)).await
    }

    /// Makes the store useless at once: everything of it is overwritten and removed, what is unsent too. Then remove its key from
    /// the keystore. Ask the person first.
    pub async fn shred(&self) -> Result<()> {
        self.call(|core| core.shred()).await
    }

    /// A new command id, to be made when a form is opened: whatever happens to the form, it is recorded once.
    pub async fn new_command_id(&self) -> Result<Id> {
        self.call(|core| core.new_command_id()).await
    }

    /// The time to show and to compare with: trusted where this boot is anchored; seconds since the Unix epoch (UTC).
    pub async fn now(&self) -> Result<i64> {
        self.call(|core| core.now()).await
    }

    /// Where the phone stands: what is unsent, when it last synced, what was refused and why.
    pub async fn status(&self) -> Result<Status> {
        self.call(|core| core.status()).await
    }

    /// The dictionary as far as the hub knows it: what is younger is not offered before the hub was updated.
    pub async fn offered(&self) -> Result<Vec<KindView>> {
        self.call(|core| core.dictionary()).await
    }

    /// What a document lacks, or has too much of, by demands that are younger than it.
    pub async fn marks(&self, document: Id) -> Result<Vec<MarkView>> {
        self.call(move |core| core.marks(document)).await
    }

    /// Runs a refused command again, as a new one of now: after the reason is gone.
    pub async fn resubmit(&self, command: Id) -> Result<Outcome> {
        Ok(self.call(move |core| core.resubmit(command)).await?.into())
    }

    /// Gives a refused command up: it is removed for good. Ask the person first.
    pub async fn give_up(&self, command: Id) -> Result<()> {
        self.call(move |core| core.give_up(command)).await
    }

    /// Everything in quarantine, with its reasons, as JSON to be kept in a file. It holds personal data in plain text.
    pub async fn export_quarantine(&self) -> Result<Json> {
        self.call(|core| core.export_quarantine()).await
    }

    /// Takes such a file in: its records are in quarantine here until they are resubmitted or given up.
    pub async fn import_quarantine(&self, file: Json) -> Result<TakenIn> {
        self.call(move |core| core.import_quarantine(&file)).await
    }

    /// A document as JSON: kind, generation, state, conflicts.
    pub async fn export_json(&self, document: Id) -> Result<Json> {
        self.call(move |core| core.export_json(document)).await
    }

    /// Every fact of a record with who last wrote or confirmed it and when, by path; the value that screens show comes first of each.
    pub async fn facts(&self, document: Id) -> Result<Vec<FactView>> {
        self.call(move |core| core.facts(document)).await
    }

    /// Says that what stands in a record is still so (都没变，核对): `paths` as `facts` names them, a field (`phone`, `residents/ID/tags`)
    /// or an entry (`residents/ID`); none for everything. The outcome's value is the record's id.
    #[uniffi::method(default(paths = [], command_id = None))]
    pub async fn confirm(&self, record: Id, paths: Vec<String>, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, Confirm { record, paths, seen: JsonMap::new() }).await
    }

    /// A document as a standard Automerge file.
    pub async fn export_automerge(&self, document: Id) -> Result<Vec<u8>> {
        self.call(move |core| core.export_automerge(document)).await
    }

    /// Makes the whole read model again from the documents.
    pub async fn rebuild(&self) -> Result<()> {
        self.call(|core| core.rebuild()).await
    }
}

/// Makes the store in `folder` useless at once, also one that cannot be opened.
#[uniffi::export]
pub fn shred_store(folder: String) -> Result<()> {
    Ok(gridwalk_core::store::shred(std::path::Path::new(&folder))?)
}
