//! Random histories of commands: whatever two or three replicas do, and in whatever order it is merged, they end with equal
//! heads and equal rows; and on a phone the read model that was kept is the one that a rebuild makes.

use std::collections::BTreeMap;
use std::sync::Arc;

use gridwalk_core::attendance::{SignIn, SignOut};
use gridwalk_core::cases::AddStep;
use gridwalk_core::claims::{ClaimPlace, GiveBack};
use gridwalk_core::clock::ManualClock;
use gridwalk_core::commands::{Command, Edit};
use gridwalk_core::conflicts::SettleConflict;
use gridwalk_core::documents::{Audience, Doc, Documents, Map, Obstacle, audiences_of, change_from_body};
use gridwalk_core::error::ErrorKind;
use gridwalk_core::projection::project;
use gridwalk_core::records::JsonMap;
use gridwalk_core::reports::{PROCESS, RaiseReport};
use gridwalk_core::rules::{Author, Grant, Role, judge};
use gridwalk_core::versions::DICTIONARY_VERSION;
use gridwalk_core::visits::VisitResult;
use gridwalk_core::{Error, Id, Input, Phone, Result};
use gridwalk_tests::harness::MORNING;
use gridwalk_tests::roster::{AddHousehold, AddResident, EditHousehold, EditResident, NewResident, ResidentField};
use gridwalk_tests::typed::{AddActivity, AddPlace, RecordVisit, SetVisitRule};
use proptest::prelude::*;

use super::lab::{Wire, actor_of, cases, documents, dump, enrol, id_of, open, stamp};

const NAMES: [&str; 5] = ["王小明", "李四", "𠮷田花", "欧阳娜娜", "Mike Wang"];
const TAGS: [&str; 4] = ["低保", "独居老人", "60岁/高龄", "🐶"];
const STATES: [&str; 3] = ["lived_in", "vacant", "moved"];
const PLACES: [(f64, f64); 3] = [(30.25, 120.1), (30.2501, 120.1003), (31.0, 121.0)];

/// One thing that happens: on which replica, what, and numbers from which the rest follows.
#[derive(Debug, Clone)]
struct Happening {
    replica: usize,
    what: u8,
    which: usize,
    value: usize,
}

fn happenings(replicas: usize, most: usize) -> impl Strategy<Value = Vec<Happening>> {
    let one = (0..replicas, 0u8..20, 0usize..8, 0usize..12).prop_map(|(replica, what, which, value)| Happening { replica, what, which, value });
    prop::collection::vec(one, 8..most)
}

/// What a replica could do something to.
#[derive(Default)]
struct Known {
    places: Vec<Id>,
    households: Vec<Id>,
    residents: Vec<(Id, Id)>,
    reports: Vec<Id>,
    activities: Vec<Id>,
    attendances: Vec<Id>,
    claims: Vec<Id>,
    settings: Vec<Id>,
    conflicts: Vec<SettleConflict>,
}

fn known<'a>(docs: impl IntoIterator<Item = (&'a Id, &'a Doc)>) -> Known {
    let mut known = Known::default();
    for (id, doc) in docs {
        let tree = doc.tree();
        match doc.kind().name {
            "place" => known.places.push(*id),
            "household" => {
                known.households.push(*id);
                known.residents.extend(tree.entries("residents").map(|(r, _)| (*id, r.parse::<Id>().unwrap())));
            }
            "report" => known.reports.push(*id),
            "activity" => known.activities.push(*id),
            "attendance" => known.attendances.push(*id),
            "claim" => known.claims.push(*id),
            "settings" => known.settings.push(*id),
            _ => {}
        }
        let settle = |c: gridwalk_core::documents::Conflict| SettleConflict {
            document: *id,
            path: c.path,
            choose: c.values.len() - 1,
            seen: c.values.iter().map(|v| v.value.to_json().to_string()).collect(),
        };
        known.conflicts.extend(tree.conflicts().into_iter().map(settle));
    }
    known
}

fn pick<T: Clone>(from: &[T], n: usize) -> Option<T> {
    if from.is_empty() { None } else { Some(from[n % from.len()].clone()) }
}

/// The command of a happening, if there is anything it could be about.
fn input(h: &Happening, known: &Known) -> Option<Input> {
    let (which, value) = (h.which, h.value);
    let text = |list: &[&str]| list[value % list.len()].to_owned();
    let resident = || NewResident { name: text(&NAMES), phone: format!("1380013800{}", value % 10), tags: vec![text(&TAGS)], ..NewResident::default() };
    Some(match h.what {
        0 => {
            let position = (value % 3 > 0).then(|| PLACES[value % PLACES.len()]);
            AddHousehold {
                place: pick(&known.places, which)?,
                address: format!("五堰路{value}号{which}室"),
                tenure: String::new(),
                lat: position.map(|p| p.0),
                lon: position.map(|p| p.1),
                visit_every_days: (value % 2 == 0).then_some(value as u32 + 1),
                residents: (0..value % 3).map(|_| resident()).collect(),
            }
            .into()
        }
        1 | 2 => EditHousehold {
            household: pick(&known.households, which)?,
            address: (value % 4 == 0).then(|| format!("新址{which}")),
            tenure: (value % 4 == 1).then(|| "租住".into()),
            state: (value % 4 == 2).then(|| text(&STATES)),
            visit_every_days: (value % 4 == 3).then_some(value as u32 + 7),
            position: (value % 5 == 0).then(|| PLACES[value % PLACES.len()]),
            place: (value == 11).then(|| known.places[which % known.places.len()]),
        }
        .into(),
        3 => AddResident { household: pick(&known.households, which)?, resident: resident() }.into(),
        4..=7 => {
            let (household, resident) = pick(&known.residents, which)?;
            let set = match value % 4 {
                0 => vec![(ResidentField::Name, text(&NAMES))],
                1 => vec![(ResidentField::State, ["living", "moved", "deceased"][value % 3].to_owned())],
                2 => vec![(ResidentField::Phone, if value > 6 { String::new() } else { "0571-8765".into() })],
                _ => vec![],
            };
            let (add_tags, remove_tags) = if value % 2 == 0 { (vec![text(&TAGS)], vec![]) } else { (vec![], vec![text(&TAGS)]) };
            EditResident { household, resident, set, add_tags, remove_tags }.into()
        }
        8 | 9 => RecordVisit {
            household: pick(&known.households, which)?,
            result: VisitResult::ALL[value % VisitResult::ALL.len()],
            purpose: String::new(),
            note: "一切正常".into(),
            minutes: None,
            lat: None,
            lon: None,
            visited_at: None,
            fields: JsonMap::new(),
        }
        .into(),
        10 => RaiseReport {
            place: pick(&known.places, which),
            category: "环境".into(),
            title: format!("路灯不亮{value}"),
            detail: String::new(),
            urgency: String::new(),
            lat: None,
            lon: None,
            imported: None,
        }
        .into(),
        11 | 12 => {
            // What the rules keep for others is refused whatever the report's status is; `rules.rs` tries those.
            let desk: Vec<&str> = PROCESS.steps.iter().filter(|step| step.roles.contains(&Role::Cadre)).map(|step| step.code.code).collect();
            AddStep::new(pick(&known.reports, which)?, &text(&desk)).note("已办").into()
        }
        13 => {
            AddActivity { title: format!("清扫{value}"), task: "志愿".into(), place: None, starts_at: MORNING, ends_at: MORNING + 7200, places: Some(2) }.into()
        }
        14 if value % 3 == 0 => GiveBack { claim: pick(&known.claims, which)?, reason: "说明".into() }.into(),
        14 => ClaimPlace::of(pick(&known.activities, which)?).into(),
        15 => SignIn { activity: pick(&known.activities, which)? }.into(),
        16 => SignOut::of(pick(&known.attendances, which)?).into(),
        17 => SetVisitRule { settings: Some(pick(&known.settings, 0)?), rules: vec![(text(&TAGS), (value as i64) * 5)] }.into(),
        18 => pick(&known.conflicts, which)?.into(),
        _ => return None,
    })
}

/// A command may be refused in a person's words; anything else is a defect.
fn in_words<T>(result: Result<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(e) => {
            assert!(matches!(e.kind(), ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::InConflict), "{:?}: {e}", e.kind());
            None
        }
    }
}

/// Documents in memory.
#[derive(Default, Clone)]
struct Memory(BTreeMap<Id, Doc>);

impl Documents for Memory {
    fn load(&mut self, id: Id) -> Result<Option<std::sync::Arc<Doc>>> {
        Ok(self.0.get(&id).cloned().map(std::sync::Arc::new))
    }
}

#[derive(Clone)]
struct Sent {
    id: Id,
    schema: u16,
    body: Vec<u8>,
}

impl Memory {
    /// Takes a change in; `false` if it must wait for another.
    fn take(&mut self, sent: &Sent) -> Result<bool> {
        let mut doc = match self.0.remove(&sent.id) {
            Some(doc) => doc,
            None => Doc::with_schema(sent.schema, 0)?,
        };
        let change = change_from_body(&sent.body)?;
        let waits = !doc.has(&change.hash()) && doc.obstacle(&change) == Some(Obstacle::MissingDependency);
        if !waits {
            doc.take_change(change)?;
            self.0.insert(sent.id, doc);
        } else if doc.heads().iter().any(|h| !gridwalk_core::documents::is_genesis(h)) {
            self.0.insert(sent.id, doc);
        }
        Ok(!waits)
    }

    /// Takes everything in, in this order as far as dependencies let it.
    fn take_all(&mut self, sent: &[Sent]) {
        let mut left: Vec<&Sent> = sent.iter().collect();
        while !left.is_empty() {
            let before = left.len();
            left.retain(|s| !self.take(s).unwrap());
            assert!(left.len() < before, "changes whose dependencies never come");
        }
    }

    fn state(&self) -> Vec<(Id, Vec<String>, Vec<String>)> {
        self.0
            .iter()
            .map(|(id, doc)| {
                let mut rows: Vec<String> = project(doc.kind(), doc.tree()).iter().map(|r| format!("{} {} {:?}", r.table.name, r.entry, r.values)).collect();
                rows.sort();
                (*id, doc.heads().iter().map(ToString::to_string).collect(), rows)
            })
            .collect()
    }
}

struct Replica {
    docs: Memory,
    actor: u8,
    counter: u64,
    read: usize,
}

impl Replica {
    fn run(&mut self, input: Input, at: i64, log: &mut Vec<Sent>) -> Result<()> {
        let person = id_of(self.actor, 1_000_000);
        let command = Command {
            id: id_of(self.actor, self.counter),
            first: self.counter + 1,
            tenant: "t".into(),
            by: person,
            stamp: stamp(at),
            dictionary: DICTIONARY_VERSION,
            hub_time: None,
            input,
        };
        let (_, made, next) = Edit::run(&mut self.docs, &command, actor_of(self.actor))?;
        self.counter = next;
        let author = Author {
            device: actor_of(self.actor).device(),
            devices: vec![actor_of(self.actor).device()],
            person,
            grants: vec![Grant { role: Role::Cadre, scope: Audience::Community }],
        };
        for m in made {
            let audiences = audiences_of(&mut self.docs, m.id, m.doc.kind(), m.doc.tree())?;
            let change = change_from_body(&m.change.body)?;
            judge(m.id, m.before.as_deref(), &m.doc, &change, &audiences, &author).map_err(|r| Error::internal(r.code()))?;
            log.push(Sent { id: m.id, schema: m.doc.schema(), body: m.change.body });
            self.docs.0.insert(m.id, m.doc);
        }
        Ok(())
    }
}

fn shuffled<T: Clone>(list: &[T], mut seed: u64) -> Vec<T> {
    let mut list = list.to_vec();
    for i in (1..list.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        list.swap(i, (seed >> 33) as usize % (i + 1));
    }
    list
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn merged_in_any_order_replicas_agree(history in happenings(3, 60), seeds in prop::array::uniform3(any::<u64>())) {
        let mut replicas: Vec<Replica> = (1..=3).map(|actor| Replica { docs: Memory::default(), actor, counter: 1, read: 0 }).collect();
        let mut log = Vec::new();
        replicas[0].run(AddPlace { level: "grid".into(), name: "一网格".into() }.into(), MORNING, &mut log).unwrap();
        replicas[0].run(SetVisitRule { settings: None, rules: vec![("低保".into(), 90)] }.into(), MORNING, &mut log).unwrap();
        for r in &mut replicas[1..] {
            r.docs.take_all(&log);
        }
        for (n, h) in history.iter().enumerate() {
            let replica = &mut replicas[h.replica];
            if h.what == 19 {
                replica.docs.take_all(&log);
                replica.read = log.len();
            } else if let Some(input) = input(h, &known(&replica.docs.0)) {
                in_words(replica.run(input, MORNING + n as i64, &mut log));
            }
        }
        // What a page reads of a document's first change, without putting the document together, is what Automerge says.
        for sent in &log {
            let (empty, change) = (Doc::empty(sent.schema).unwrap(), change_from_body(&sent.body).unwrap());
            let first = Map::of_first(empty, &change);
            prop_assert_eq!(first.is_some(), empty.obstacle(&change).is_none());
            if let Some(first) = first {
                prop_assert_eq!(Arc::new(first), empty.with(change).unwrap().tree().clone());
            }
        }
        let mut whole = Memory::default();
        whole.take_all(&log);
        for seed in seeds {
            let mut other = Memory::default();
            other.take_all(&shuffled(&log, seed));
            prop_assert_eq!(whole.state(), other.state());
        }
        // Everyone who did part of it and then hears the rest, in another order, agrees too.
        for (replica, seed) in replicas.iter().zip(seeds) {
            let mut docs = replica.docs.clone();
            docs.take_all(&shuffled(&log, seed));
            prop_assert_eq!(whole.state(), docs.state());
        }
        // Snapshots carry the same as changes do, also onto a replica that has part of it.
        for (id, doc) in &whole.0 {
            let mut from_snapshot = Doc::with_schema(doc.schema(), 0).unwrap();
            from_snapshot.take_chunk(&doc.snapshot()).unwrap();
            prop_assert_eq!(from_snapshot.heads(), doc.heads());
            prop_assert_eq!(from_snapshot.tree(), doc.tree());
            if let Some(part) = replicas[0].docs.0.get(id) {
                let mut part = part.clone();
                part.take_chunk(&doc.snapshot()).unwrap();
                prop_assert_eq!(part.heads(), doc.heads());
                prop_assert_eq!(part.tree(), doc.tree());
            }
        }
    }
}

const SEARCHES: [&str; 12] = ["王", "小明", "四", "𠮷", "wxm", "oynn", "mike", "13800138003", "8007", "低保", "五堰路3号", "高龄"];

/// What screens would show by searching.
fn found(phone: &Phone) -> Vec<String> {
    let mut all: Vec<String> = SEARCHES
        .iter()
        .map(|typed| {
            let mut found = phone.find(typed, 100).unwrap();
            found.sort_by_key(|f| f.household);
            found.iter_mut().for_each(|f| f.residents.sort_by_key(|r| r.id));
            format!("{typed}: {found:?}")
        })
        .collect();
    all.push(format!("{:?}", phone.near(30.25, 120.1, 500, 100).unwrap()));
    all
}

proptest! {
    #![proptest_config(cases(20))]

    #[test]
    fn a_kept_read_model_is_the_rebuilt_one(history in happenings(2, 40)) {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(MORNING));
        let phones: Vec<Phone> = (0..2u64).map(|n| open(&dir.path().join(n.to_string()), n + 1, &clock).unwrap()).collect();
        phones.iter().zip(1..).for_each(|(p, n)| enrol(p, id_of(n, 1_000_000), Role::Cadre, &Audience::Community));
        let mut wire = Wire::default();
        phones[0].run(AddPlace { level: "grid".into(), name: "一网格".into() }).unwrap();
        phones[0].run(SetVisitRule { settings: None, rules: vec![("低保".into(), 90)] }).unwrap();
        (0..2).for_each(|n| wire.sync(n, &phones[n]));
        for h in &history {
            clock.advance(60 * (h.value as i64 + 1));
            let phone = &phones[h.replica];
            if h.what == 19 {
                wire.sync(h.replica, phone);
            } else {
                let docs = documents(phone);
                if let Some(input) = input(h, &known(docs.iter().map(|(id, doc)| (id, doc)))) {
                    in_words(phone.run(input));
                }
            }
        }
        // Once while commands are unsent, once when everyone has everything.
        for round in 0..3 {
            for (n, phone) in phones.iter().enumerate() {
                let (rows, hits) = (dump(phone), found(phone));
                phone.rebuild().unwrap();
                prop_assert_eq!(&rows, &dump(phone));
                prop_assert_eq!(hits, found(phone));
                if round < 2 {
                    wire.sync(n, phone);
                }
            }
        }
        prop_assert_eq!(phones[0].heads().unwrap(), phones[1].heads().unwrap());
        prop_assert_eq!(dump(&phones[0]), dump(&phones[1]));
        prop_assert_eq!(found(&phones[0]), found(&phones[1]));
    }
}
