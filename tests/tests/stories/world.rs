//! A small community for stories: two grids, some households, a desk, and what is asked of it at a story's end.

use std::collections::BTreeSet;
use std::path::Path;

use gridwalk_core::identity::SeededRandom;
use gridwalk_core::ids::DeviceId;
use gridwalk_core::projection::Table;
use gridwalk_core::records::JsonMap;
use gridwalk_core::rules::Role;
use gridwalk_core::versions::Dictionary;
use gridwalk_core::visits::VisitResult;
use gridwalk_core::{Id, Phone};
use gridwalk_hub::admin;
use gridwalk_hub::limits::Limits;
use gridwalk_hub::store::{all, exec};
use gridwalk_tests::harness::{Device, TestHub};
use gridwalk_tests::reading::{self, Reader};
use gridwalk_tests::roster::{AddHousehold, NewResident};
use gridwalk_tests::typed::{AddPlace, RecordVisit};

/// A running community.
pub struct World {
    pub dir: tempfile::TempDir,
    pub hub: TestHub,
    pub desk: Device,
    pub grids: [Id; 2],
    /// Of the first grid, then of the second.
    pub households: Vec<Id>,
}

impl World {
    /// Grids g00 and g01 with `households` each, made at the desk.
    pub async fn start(seed: u64, households: usize) -> Self {
        Self::limited(seed, households, Limits::default()).await
    }

    /// The same that begins at a time, in seconds since the Unix epoch (UTC).
    pub async fn start_at(seed: u64, households: usize, wall: i64) -> Self {
        gridwalk_tests::logs::capture();
        let dir = tempfile::tempdir().unwrap();
        let hub = TestHub::start_at(&dir.path().join("hub"), seed, wall).await.unwrap();
        Self::around(dir, hub, households).await
    }

    /// The same with other limits.
    pub async fn limited(seed: u64, households: usize, limits: Limits) -> Self {
        gridwalk_tests::logs::capture();
        let dir = tempfile::tempdir().unwrap();
        let hub = TestHub::start_limited(&dir.path().join("hub"), seed, limits).await.unwrap();
        Self::around(dir, hub, households).await
    }

    /// The same around a hub that is there, in `dir`.
    pub async fn around(dir: tempfile::TempDir, hub: TestHub, households: usize) -> Self {
        let invite = hub.invite(Role::Cadre, None, "王书记").await.unwrap();
        let desk = Device::enrolled_at(dir.path(), 90, &invite, hub.hub.now()).await.unwrap();
        let grids = ["g00", "g01"].map(|name| desk.phone.run(AddPlace { level: "grid".into(), name: name.into() }).unwrap().value);
        let mut made = Vec::new();
        for (g, place) in grids.iter().enumerate() {
            for n in 0..households {
                made.push(desk.phone.run(household(*place, &format!("{g}幢{n}室"), &format!("居民{g}{n}"))).unwrap().value);
            }
        }
        desk.sync().await.unwrap();
        Self { dir, hub, desk, grids, households: made }
    }

    /// A grid worker's phone.
    pub async fn worker(&self, number: u64, grid: &str) -> Device {
        let invite = self.hub.invite(Role::GridWorker, Some(grid), &format!("网格员{number}")).await.unwrap();
        Device::enrolled(self.dir.path(), number, &invite).await.unwrap()
    }

    /// The first column of a query on the hub's database, as text.
    pub async fn ask(&self, sql: &str) -> Vec<String> {
        let mut read = self.hub.hub.store.read().await.unwrap();
        all(&mut read, sql, vec![]).await.unwrap().iter().map(|r| r.get(0).unwrap()).collect()
    }

    /// Changes the hub's database.
    pub async fn tell(&self, sql: &str) {
        let mut tx = self.hub.hub.store.write(&self.hub.tenant.id).await.unwrap();
        exec(&mut tx, sql, vec![]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Stops the hub, puts `backup` in its place if there is one, starts it again; `phones` find its new address.
    pub async fn restart(self, seed: u64, backup: Option<&Path>, phones: &[&Device]) -> Self {
        let now = self.hub.hub.now();
        let (folder, database, photos) = (self.hub.folder.clone(), self.hub.database.clone(), self.hub.hub.photos.clone());
        self.hub.stop().await;
        if let Some(backup) = backup {
            admin::restore(&folder, database.as_deref(), backup, now, &SeededRandom::new(seed)).await.unwrap();
        }
        let hub = TestHub::start_with(&folder, seed, photos).await.unwrap();
        hub.clock.advance_to(now);
        for device in phones.iter().chain([&&self.desk]) {
            device.phone.store().write(|tx| Ok(tx.execute("UPDATE tenants SET hub = ?1", [hub.url()]).map(drop)?)).unwrap();
        }
        Self { hub, ..self }
    }

    /// Puts another release of the hub in its place, newer or older, and starts it; `phones` find its new address.
    pub async fn restart_as(self, seed: u64, dictionary: Dictionary, phones: &[&Device]) -> Self {
        let (folder, now) = (self.hub.folder.clone(), self.hub.hub.now());
        self.hub.stop().await;
        let hub = TestHub::start_as(&folder, seed, dictionary).await.unwrap();
        hub.clock.advance_to(now);
        for device in phones.iter().chain([&&self.desk]) {
            tell(&device.phone, &format!("UPDATE tenants SET hub = '{}'", hub.url()));
        }
        Self { hub, ..self }
    }

    /// Lets time pass everywhere.
    pub fn pass(&self, seconds: i64, phones: &[&Device]) {
        self.hub.clock.advance(seconds);
        phones.iter().chain([&&self.desk]).for_each(|d| d.clock.advance(seconds));
    }

    /// Syncs all phones until nobody has news.
    pub async fn settle(&self, phones: &[&Device]) {
        for _ in 0..2 {
            for device in phones.iter().chain([&&self.desk]) {
                device.sync().await.unwrap();
            }
        }
    }

    /// Every phone holds exactly what it may read, with the hub's state: documents, heads and rows.
    pub async fn assert_agreement(&self, phones: &[&Device]) {
        let held = reading::documents(&self.hub.hub).await.unwrap();
        let rows = self.hub_rows().await;
        for device in phones.iter().chain([&&self.desk]) {
            let status = device.phone.status().unwrap();
            assert_eq!((status.unsent, status.unreadable), (0, 0), "phone {}", device.number);
            let mut may: BTreeSet<String> = BTreeSet::new();
            for member in &status.tenants {
                let reader = Reader::at(&self.hub.hub, &member.tenant, member.person.parse().unwrap()).await.unwrap();
                let of_tenant = format!("SELECT doc FROM documents WHERE tenant_id = '{}'", member.tenant);
                may.extend(self.ask(&of_tenant).await.into_iter().filter(|doc| reader.reads(&held, doc.parse().unwrap())));
            }
            let heads = device.phone.heads().unwrap();
            let has: BTreeSet<String> = heads.iter().map(|(id, _)| id.to_string()).collect();
            let missing: Vec<_> = may.difference(&has).collect();
            let too_much: Vec<_> = has.difference(&may).collect();
            assert!(missing.is_empty() && too_much.is_empty(), "phone {}: missing {missing:?}, too much {too_much:?}", device.number);
            for (id, heads) in &heads {
                let theirs: Option<Vec<String>> = held.get(id).map(|doc| doc.heads().iter().map(ToString::to_string).collect());
                assert_eq!(Some(heads), theirs.as_ref(), "phone {}: heads of {id}", device.number);
            }
            let own = phone_rows(&device.phone);
            let theirs: Vec<&String> = rows.iter().filter(|r| r.split('|').nth(1).is_some_and(|doc| has.contains(doc))).collect();
            assert_eq!(own.iter().collect::<Vec<_>>(), theirs, "phone {}: rows", device.number);
            device.phone.rebuild().unwrap();
            assert_eq!(own, phone_rows(&device.phone), "phone {}: rebuilt rows", device.number);
        }
    }

    async fn hub_rows(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for table in gridwalk_core::kinds::tables() {
            rows.extend(self.ask(&dump(table)).await);
        }
        rows.sort();
        rows
    }
}

/// All read-model rows of a phone, as text.
pub fn phone_rows(phone: &Phone) -> Vec<String> {
    let mut rows: Vec<String> = gridwalk_core::kinds::tables().flat_map(|table| text(phone, &dump(table))).collect();
    rows.sort();
    rows
}

fn dump(table: &Table) -> String {
    let columns: String = table.columns.iter().map(|(name, _)| format!(" || '|' || coalesce(CAST(\"{name}\" AS TEXT), '~')")).collect();
    format!("SELECT '{} ' || '|' || doc || '|' || entry{columns} FROM {}", table.name, table.name)
}

/// The first column of a query on a phone's store.
pub fn text(phone: &Phone, sql: &str) -> Vec<String> {
    let ask = |c: &rusqlite::Connection| Ok(c.prepare(sql)?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?);
    phone.store().read(ask).unwrap()
}

/// Changes a phone's store.
pub fn tell(phone: &Phone, sql: &str) {
    phone.store().write(|tx| Ok(tx.execute_batch(sql)?)).unwrap();
}

/// The person a phone is enrolled for.
pub fn person(device: &Device) -> Id {
    device.phone.status().unwrap().tenants[0].person.parse().unwrap()
}

/// The id of a phone's device.
pub fn device_id(device: &Device) -> DeviceId {
    device.phone.status().unwrap().device.parse().unwrap()
}

/// A household with one resident.
pub fn household(place: Id, address: &str, name: &str) -> AddHousehold {
    AddHousehold { place, address: address.into(), tenure: String::new(), lat: None, lon: None, visit_every_days: Some(30), residents: vec![resident(name)] }
}

/// A resident by name.
pub fn resident(name: &str) -> NewResident {
    NewResident { name: name.into(), ..NewResident::default() }
}

/// A visit where someone was met.
pub fn visit(household: Id, note: &str) -> RecordVisit {
    RecordVisit {
        household,
        result: VisitResult::Met,
        purpose: String::new(),
        note: note.into(),
        minutes: None,
        lat: None,
        lon: None,
        visited_at: None,
        fields: JsonMap::new(),
    }
}

/// The one resident of a household that was made with one.
pub fn first_resident(phone: &Phone, household: Id) -> Id {
    text(phone, &format!("SELECT entry FROM residents WHERE doc = '{household}' ORDER BY entry"))[0].parse().unwrap()
}

/// The notes of all visits on a phone, sorted.
pub fn notes(phone: &Phone) -> Vec<String> {
    text(phone, "SELECT coalesce(note, '') FROM visits ORDER BY 1")
}
