//! A phone without a hub: enrolled by hand, so that commands run; and a wire that carries changes between such phones as a
//! hub would, without its checks.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use gridwalk_core::clock::{ManualClock, Reading, Stamp};
use gridwalk_core::documents::{Audience, Doc};
use gridwalk_core::identity::SeededRandom;
use gridwalk_core::ids::{Actor, DeviceId};
use gridwalk_core::rules::Role;
use gridwalk_core::store::{StoredDoc, Touched, push_chunk};
use gridwalk_core::{Config, Id, Phone, Result, kinds};
use gridwalk_tests::harness::{MORNING, key_of};
use gridwalk_tests::roster::{AddHousehold, NewResident};
use gridwalk_tests::typed::{AddPlace, SetVisitRule};
use proptest::test_runner::{Config as ProptestConfig, RngSeed};
use rusqlite::params;
use tempfile::TempDir;

/// So many cases of a law, the same in every run. `PROPTEST_RNG_SEED` asks for others: a number looks at other cases, and a
/// failure prints what failed.
pub fn cases(cases: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    let rng_seed = if asked.rng_seed == RngSeed::Random { RngSeed::Fixed(1) } else { asked.rng_seed };
    ProptestConfig { cases, rng_seed, ..asked }
}

/// An id whose actor is the device of this number.
pub fn id_of(device: u8, counter: u64) -> Id {
    Id { actor: actor_of(device), counter }
}

/// The actor of the device of this number.
pub fn actor_of(device: u8) -> Actor {
    Actor::new(DeviceId([device; 8]), [device; 4])
}

/// A trusted stamp.
pub fn stamp(at: i64) -> Stamp {
    Stamp { reading: Reading { wall: at, boot: "boot".into(), since_boot: at - MORNING }, at, anchored: true }
}

/// Enrols `phone` as a hub would have, or gives it another role.
pub fn enrol(phone: &Phone, person: Id, role: Role, scope: &Audience) {
    let grants = serde_json::to_string(&[(role.to_string(), scope.to_string())]).unwrap();
    let sql =
        "INSERT INTO tenants (tenant, hub, person, grants, audiences, key, spare, epoch, number) VALUES ('t', 'http://nowhere', ?1, ?2, '[]', x'', x'', 1, 0)
        ON CONFLICT (tenant) DO UPDATE SET person = excluded.person, grants = excluded.grants";
    phone.store().write(|tx| Ok(tx.execute(sql, params![person, grants]).map(drop)?)).unwrap();
}

/// Opens phone `number` in `folder`.
pub fn open(folder: &Path, number: u64, clock: &Arc<ManualClock>) -> Result<Phone> {
    Phone::open(Config { folder: folder.to_owned(), key: key_of(number), clock: clock.clone(), random: Arc::new(SeededRandom::new(number)) })
}

/// One enrolled phone with a grid and the community's settings.
pub struct Lab {
    /// Its folder.
    pub dir: TempDir,
    /// The phone.
    pub phone: Phone,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// Who it belongs to.
    pub person: Id,
    /// The grid.
    pub place: Id,
    /// The settings document.
    pub settings: Id,
}

impl Lab {
    /// A cadre's phone with a grid and these visit rules.
    pub fn new(rules: &[(&str, i64)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(MORNING));
        let phone = open(dir.path(), 1, &clock).unwrap();
        let person = id_of(9, 1);
        enrol(&phone, person, Role::Cadre, &Audience::Community);
        let place = phone.run(AddPlace { level: "grid".into(), name: "一网格".into() }).unwrap().value;
        let rules = rules.iter().map(|(tag, days)| ((*tag).to_owned(), *days)).collect();
        let settings = phone.run(SetVisitRule { settings: None, rules }).unwrap().value;
        Self { dir, phone, clock, person, place, settings }
    }

    /// A household to fill in.
    pub fn household(&self, address: &str, residents: Vec<NewResident>) -> AddHousehold {
        AddHousehold { place: self.place, address: address.into(), tenure: String::new(), lat: None, lon: None, visit_every_days: None, residents }
    }

    /// Adds a household.
    pub fn add(&self, address: &str, residents: Vec<NewResident>) -> Id {
        self.phone.run(self.household(address, residents)).unwrap().value
    }

    /// How many commands are kept.
    pub fn commands(&self) -> i64 {
        count(&self.phone, "commands")
    }
}

/// Rows of a table.
pub fn count(phone: &Phone, table: &str) -> i64 {
    phone.store().read(|c| Ok(c.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get(0))?)).unwrap()
}

/// A resident of this name with these tags.
pub fn resident(name: &str, tags: &[&str]) -> NewResident {
    NewResident { name: name.into(), tags: tags.iter().map(|t| (*t).to_owned()).collect(), ..NewResident::default() }
}

/// Every row of every read-model table, and of the due list.
pub fn dump(phone: &Phone) -> BTreeMap<&'static str, Vec<String>> {
    let tables = kinds::tables().map(|t| t.name).chain(["due"]);
    let rows = |table: &str| -> Vec<String> {
        let read = phone.store().read(|c| {
            let mut statement = c.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2"))?;
            let columns = statement.column_count();
            let row = |r: &rusqlite::Row<'_>| (0..columns).map(|i| r.get::<_, rusqlite::types::Value>(i)).collect::<rusqlite::Result<Vec<_>>>();
            Ok(statement.query_map([], |r| Ok(format!("{:?}", row(r)?)))?.collect::<rusqlite::Result<_>>()?)
        });
        read.unwrap()
    };
    tables.map(|t| (t, rows(t))).collect()
}

/// All documents of a phone.
pub fn documents(phone: &Phone) -> Vec<(Id, Doc)> {
    let read = phone.store().read(|c| {
        let ids: Vec<Id> = c.prepare("SELECT id FROM documents ORDER BY id")?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
        ids.into_iter().map(|id| Ok((id, gridwalk_core::store::load(c, id)?.unwrap()))).collect()
    });
    read.unwrap()
}

struct Sent {
    from: usize,
    doc: Id,
    schema: u16,
    generation: u32,
    body: Vec<u8>,
}

/// What a hub would have in its sequence, and how far each phone has read.
#[derive(Default)]
pub struct Wire {
    log: Vec<Sent>,
    read: BTreeMap<usize, usize>,
}

impl Wire {
    /// Sends what phone `n` has not sent and takes in what the others have.
    pub fn sync(&mut self, n: usize, phone: &Phone) {
        let read = self.read.get(&n).copied().unwrap_or(0);
        let end = self.log.len();
        phone
            .store()
            .write(|tx| {
                let mut statement = tx.prepare("SELECT doc, schema, generation, body FROM changes WHERE taken = 0 ORDER BY n")?;
                let rows = statement.query_map([], |r| Ok(Sent { from: n, doc: r.get(0)?, schema: r.get(1)?, generation: r.get(2)?, body: r.get(3)? }))?;
                for sent in rows {
                    let sent = sent?;
                    let mut stored = StoredDoc::find(tx, sent.doc)?.unwrap();
                    push_chunk(&mut stored.base, &sent.body);
                    tx.execute("UPDATE documents SET base = ?2, epoch = 1 WHERE n = ?1", params![stored.n, stored.base])?;
                    self.log.push(sent);
                }
                tx.execute("UPDATE changes SET taken = 1", [])?;
                tx.execute("UPDATE commands SET state = 'taken'", [])?;
                let mut touched = Touched::default();
                for sent in self.log[read..end].iter().filter(|s| s.from != n) {
                    let stored = StoredDoc::find(tx, sent.doc)?;
                    let fresh = stored.is_none();
                    let mut stored = stored.unwrap_or_else(|| StoredDoc { epoch: 1, ..StoredDoc::new("t", sent.schema, sent.generation) });
                    if fresh {
                        stored.insert(tx, sent.doc)?;
                    }
                    push_chunk(&mut stored.base, &sent.body);
                    tx.execute("UPDATE documents SET base = ?2 WHERE n = ?1", params![stored.n, stored.base])?;
                    let doc = stored.state(tx, sent.doc)?.unwrap();
                    touched.project(tx, sent.doc, stored.n, &doc, fresh)?;
                }
                touched.finish(tx)
            })
            .unwrap();
        self.read.insert(n, self.log.len());
    }
}
