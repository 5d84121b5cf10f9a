//! `actions(id)` and the rules are held together: what is offered and done at once is taken, what is not offered is refused, for every
//! role and every record of a community in random states.

use std::collections::BTreeMap;
use std::sync::Arc;

use gridwalk_core::attendance::{SignIn, SignOut};
use gridwalk_core::cases::{AddStep, Step};
use gridwalk_core::circles::SetMember;
use gridwalk_core::claims::{ClaimPlace, GiveBack};
use gridwalk_core::commands::{Command, Edit};
use gridwalk_core::complaints::ChooseHandlers;
use gridwalk_core::dictionary::own::Definition;
use gridwalk_core::dictionary::{Field, Type};
use gridwalk_core::documents::{Added, Audience, Doc, Documents, Kind, Value, audiences_of, change_from_body};
use gridwalk_core::goods::{ArriveGoods, MoveGoods, SettleStock, Way};
use gridwalk_core::kinds;
use gridwalk_core::papers::{IssuePaper, VoidPaper};
use gridwalk_core::photos::{RemovePhoto, TakePhoto};
use gridwalk_core::records::{AddEntry, AddRecord, Confirm, EditRecord, JsonMap};
use gridwalk_core::reports::RaiseReport;
use gridwalk_core::rules::{Author, Grant, Role, RoleScope, judge};
use gridwalk_core::settings::{SetOwnField, SetRetention};
use gridwalk_core::store::load;
use gridwalk_core::versions::DICTIONARY_VERSION;
use gridwalk_core::visits::VisitResult;
use gridwalk_core::{Id, Input, Phone, Result};
use gridwalk_tests::harness::{MORNING, report};
use gridwalk_tests::typed::RecordVisit;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::lab::{Lab, actor_of, cases, enrol, id_of, resident, stamp};

/// A community on one phone, with a record of every kind.
struct Town {
    lab: Lab,
    /// Grids, the second of which nobody of the tests serves.
    grids: [Id; 2],
    micro_grid: Id,
    unit: Id,
    /// Circles for health, for minors, for mediation.
    circles: [Id; 3],
    persons: [Id; 2],
    household: Id,
    reports: Vec<Id>,
    /// Cases of the other kinds.
    others: Vec<Id>,
    activity: Id,
    claim: Id,
    records: Vec<Id>,
}

fn photo(record: Id) -> TakePhoto {
    TakePhoto { record, hash: "a".repeat(64), bytes: 9, width: 4, height: 3, thumb_hash: "b".repeat(64), thumb_bytes: 5 }
}

fn visit(household: Id) -> RecordVisit {
    RecordVisit {
        household,
        result: VisitResult::Met,
        purpose: String::new(),
        note: String::new(),
        minutes: None,
        lat: None,
        lon: None,
        visited_at: None,
        fields: JsonMap::new(),
    }
}

impl Town {
    fn new() -> Self {
        let lab = Lab::new(&[("低保", 30)]);
        let desk = lab.person;
        let mut records = vec![lab.place, lab.settings];
        let mut run = |input: Input| {
            let value = lab.phone.run(input).unwrap().value;
            records.push(value);
            value
        };
        let mut others = Vec::new();
        let other = run(AddRecord::new("place", json!({"name": "二网格"})).into());
        let micro_grid = run(AddRecord::new("place", json!({"name": "一号楼", "place": lab.place.to_string()})).into());
        let unit = run(AddRecord::new("unit", json!({"sort": "department", "name": "城管中队"})).into());
        let persons = ["甲", "乙"].map(|name| run(AddRecord::new("person", json!({"kind": "member", "name": name, "place": lab.place.to_string()})).into()));
        let household = run(lab.household("五堰路1号", vec![resident("王小明", &["低保"])]).into());
        run(visit(household).into());
        let reports = vec![
            run(report(lab.place, "路灯不亮").into()),
            run(report(micro_grid, "楼道堆物").into()),
            run(RaiseReport { place: None, ..report(lab.place, "咨询") }.into()),
        ];
        run(photo(reports[0]).into());
        let times = json!({"title": "清扫", "task": "志愿", "starts_at": MORNING, "ends_at": MORNING + 3_600, "places": 1});
        let activity = run(AddRecord::new("activity", times).into());
        let attendance = run(SignIn { activity }.into());
        let claim = run(ClaimPlace::of(activity).into());
        let goods = run(AddRecord::new("goods", json!({"name": "大米", "unit": "袋"})).into());
        run(MoveGoods { household: Some(household), ..MoveGoods::of(goods, Way::Carried, 3) }.into());
        let resident = lab.phone.household(household).unwrap().residents[0].id;
        run(IssuePaper { sort: "residence".into(), household, resident, purpose: "入学".into() }.into());
        run(AddRecord::new("category_list", json!({"categories": {"0101": "市容/路灯/不亮"}})).into());
        let circle = |purpose: &str| json!({"purpose": purpose, "name": "一号圈", "members": [persons[0].to_string()]});
        let circles = ["health", "minors", "mediation"].map(|purpose| run(AddRecord::new("circle", circle(purpose)).into()));
        let who = lab.phone.household(household).unwrap().residents[0].id;
        let of = |circle: Id| json!({"circle": circle.to_string(), "household": household.to_string(), "resident": who.to_string()});
        for (role, circle, kind) in [(Role::HealthMember, circles[0], "health"), (Role::MinorsMember, circles[1], "minor")] {
            enrol(&lab.phone, desk, role, &Audience::Circle(circle));
            run(AddRecord::new(kind, of(circle)).into());
        }
        enrol(&lab.phone, desk, Role::Mediator, &Audience::Circle(circles[2]));
        let mediation = run(AddRecord::new("mediation", json!({"circle": circles[2].to_string(), "matter": "噪声"})).into());
        lab.phone.run(AddEntry::to(mediation, "sessions", json!({"note": "谈过"}))).unwrap();
        enrol(&lab.phone, desk, Role::Cadre, &Audience::Community);
        let against = persons[0].to_string();
        for (kind, fields) in [
            ("question", json!({"title": "能否办理"})),
            ("errand", json!({"title": "代交材料", "place": lab.place.to_string()})),
            ("appeal", json!({"title": "不服积分", "against": against})),
            ("complaint", json!({"title": "态度不好", "against": against})),
        ] {
            others.push(run(AddRecord::new(kind, fields).into()));
        }
        enrol(&lab.phone, persons[1], Role::Cadre, &Audience::Community);
        others.push(run(AddRecord::new("appeal", json!({"title": "他人的申诉", "against": against})).into()));
        let complaint = run(AddRecord::new("complaint", json!({"title": "他人的投诉", "against": against})).into());
        // The hub chooses; here on the phone, as it would arrive.
        enrol(&lab.phone, persons[1], Role::Hub, &Audience::Community);
        lab.phone.run(ChooseHandlers { complaint, handlers: vec![desk] }).unwrap();
        others.push(complaint);
        enrol(&lab.phone, desk, Role::Cadre, &Audience::Community);
        assert_eq!(lab.phone.record(attendance).unwrap().kind, "attendance");
        let grids = [lab.place, other];
        Self { grids, micro_grid, unit, circles, persons, household, reports, others, activity, claim, records, lab }
    }

    /// What a role is given over here.
    fn scope(&self, role: Role) -> Audience {
        match role.over() {
            RoleScope::Community => Audience::Community,
            RoleScope::Place => Audience::Place(self.grids[0]),
            RoleScope::MicroGrid => Audience::MicroGrid(self.micro_grid),
            RoleScope::Street => Audience::Street,
            RoleScope::Unit => Audience::Unit(self.unit),
            RoleScope::Circle => Audience::Circle(
                self.circles[match role {
                    Role::HealthMember => 0,
                    Role::MinorsMember => 1,
                    _ => 2,
                }],
            ),
        }
    }

    fn cases(&self) -> impl Iterator<Item = Id> {
        self.reports.iter().chain(&self.others).copied()
    }

    /// Some of what people do, whoever they are; what does not fit is refused and leaves nothing.
    fn pass(&self, what: &[(usize, usize, usize)]) {
        for (n, (role, which, value)) in what.iter().enumerate() {
            let role = Role::ALL[role % (Role::ALL.len() - 1)].role;
            let person = [self.lab.person, self.persons[0], self.persons[1]][value % 3];
            enrol(&self.lab.phone, person, role, &self.scope(role));
            self.lab.clock.advance(60);
            let case = self.cases().nth(which % (self.reports.len() + self.others.len())).unwrap();
            let kind = self.lab.phone.record(case).unwrap().kind;
            // What the hub has made no case of yet has no steps.
            let step = kinds::by_name(&kind).unwrap().process.map(|process| &process.steps[value % process.steps.len()]);
            let inputs = match which % 4 {
                0 if value % 3 > 0 => Input::from(ClaimPlace::of(self.activity)),
                0 => Input::from(GiveBack { claim: self.claim, reason: "说明".into() }),
                1 => EditRecord::of(self.household, json!({"state": if n % 2 == 0 { "vacant" } else { "lived_in" }})).into(),
                _ => step.and_then(|step| step_of(self, case, step)).unwrap_or_else(|| visit(self.household).into()),
            };
            drop(self.lab.phone.run(inputs));
        }
    }
}

fn step_of(town: &Town, case: Id, step: &Step) -> Option<Input> {
    let code = Some(step.code.code).filter(|code| *code != "settled")?;
    let carried = step.must.iter().fold(AddStep::new(case, code), |step, key| match *key {
        "note" => step.note("说明"),
        "whistle" => step.with("whistle", 1),
        "lead" | "assisting" | "unit" => step.with(key, town.unit.to_string()),
        "other" => step.with("other", town.reports[0].to_string()),
        "person" => step.with("person", town.persons[1].to_string()),
        "amount" => step.with("amount", "3 working days"),
        "satisfied" => step.with("satisfied", "satisfied"),
        key => step.with(key, "一"),
    });
    // What speaks for a unit names it.
    Some(if step.of_unit { carried.with("unit", town.unit.to_string()) } else { carried }.into())
}

/// The documents of a phone, as they stand.
struct Held<'a>(&'a Phone, BTreeMap<Id, Option<Arc<Doc>>>);

impl Documents for Held<'_> {
    fn load(&mut self, id: Id) -> Result<Option<Arc<Doc>>> {
        if let Some(doc) = self.1.get(&id) {
            return Ok(doc.clone());
        }
        let doc = self.0.store().read(|c| load(c, id))?.map(Arc::new);
        self.1.insert(id, doc.clone());
        Ok(doc)
    }
}

/// Whether the command does something that a hub takes.
fn is_taken(held: &mut Held<'_>, person: Id, grant: &Grant, input: Input) -> bool {
    let command = Command {
        id: id_of(7, 500),
        first: 501,
        tenant: "t".into(),
        by: person,
        stamp: stamp(MORNING + 86_400),
        dictionary: DICTIONARY_VERSION,
        hub_time: None,
        input,
    };
    let Ok((_, made, _)) = Edit::run(held, &command, actor_of(7)) else { return false };
    let author = Author { device: actor_of(7).device(), devices: vec![actor_of(7).device()], person, grants: vec![grant.clone()] };
    !made.is_empty()
        && made.iter().all(|m| {
            let decided_on = m.before.as_deref().unwrap_or(&m.doc);
            let audiences = audiences_of(held, m.id, decided_on.kind(), decided_on.tree()).unwrap();
            judge(m.id, m.before.as_deref(), &m.doc, &change_from_body(&m.change.body).unwrap(), &audiences, &author).is_ok()
        })
}

/// Another value than the one that stands there; `None` where the town has none.
fn other(town: &Town, field: &Field, tree: &gridwalk_core::documents::Map) -> Option<Json> {
    let stands = field.of(tree);
    let number = if let Value::Int(n) = stands { *n } else { 0 };
    Some(match field.ty {
        Type::Text(_) if field.key == "office_hours" => json!("08:30-12:00"),
        Type::Text(_) | Type::Note(_) => json!("别的"),
        Type::Category => json!("0202"),
        Type::Choice(codes) => json!(codes.iter().find(|c| *stands != Value::from(c.code))?.code),
        Type::Tags => json!("+新标签"),
        Type::Number { min, max, .. } => json!(if number == min { max.min(min + 1) } else { min }),
        Type::Money | Type::Minutes => json!(number + 1),
        Type::Date | Type::PastDate => json!("1950-03-08"),
        // An activity goes on ending after it begins.
        Type::Time if field.key == "ends_at" => json!(number + 60),
        Type::Time => json!(if number == 0 { MORNING + 86_500 } else { number - 60 }),
        Type::PastTime => json!(if number == 0 { MORNING + 60 } else { number - 60 }),
        Type::Telephone => json!("13900001111"),
        Type::Position => json!("31.5,111.5"),
        Type::Place => json!(town.grids[1].to_string()),
        Type::Reference(["place"]) => json!(town.grids[1].to_string()),
        Type::Reference(["unit"]) => json!(town.unit.to_string()),
        Type::Flag => json!(*stands != Value::Bool(true)),
        Type::MicroGrid | Type::Reference(_) | Type::Entry { .. } => return None,
    })
}

/// Everything that could be tried on a record: command, which of what it does, the field.
fn attempts(town: &Town, id: Id, doc: &Doc, person: Id) -> Vec<((&'static str, &'static str, &'static str), Input)> {
    let (kind, tree): (&'static Kind, _) = (doc.kind(), doc.tree());
    let mut all = Vec::new();
    for field in kind.fields.iter().filter(|f| f.is_written()) {
        // Where a place lies is not tried on grids: only a micro-grid lies in one.
        if (kind.name, field.key) != ("place", "place") || tree.id("place").is_some() {
            all.extend(other(town, field, tree).map(|value| (("records.edit", "", field.key), EditRecord::of(id, json!({field.key: value})).into())));
        }
    }
    for entries in kind.entries {
        if let Some((entry, standing)) = tree.entries(entries.key).next() {
            for field in entries.fields.iter().filter(|f| f.is_written() && !f.is_once()) {
                let input = |value| EditRecord::of_entry(id, entry.parse().unwrap(), json!({field.key: value})).into();
                all.extend(other(town, field, standing).map(|value| (("records.edit", entries.key, field.key), input(value))));
            }
        }
        if entries.added == Added::Add {
            let required = entries.fields.iter().filter(|f| f.required).filter_map(|f| Some((f.key.to_owned(), other(town, f, &Default::default())?)));
            let input = AddEntry { record: id, entries: entries.key.into(), fields: required.collect() };
            all.push((("records.add_entry", entries.key, entries.fields[0].key), input.into()));
        }
    }
    if kind.is_confirmed() {
        let in_conflict = tree.conflicts();
        let given = |f: &&Field| f.is_written() && !f.is_once() && *f.of(tree) != Value::Null && in_conflict.iter().all(|c| c.path != f.key);
        let seen = kind.fields.iter().filter(given).map(|f| (f.key.to_owned(), f.of(tree).to_json())).collect();
        all.push((("records.confirm", "", ""), Confirm { seen, ..Confirm::of(id, &[]) }.into()));
    }
    for named in kind.named.iter().filter(|named| named.is_edited) {
        let value = if named.key == "categories" { json!("市容/路灯/闪烁") } else { json!(77) };
        all.push((("records.edit", named.key, named.key), EditRecord::of(id, json!({named.key: {"0303": value}})).into()));
    }
    match kind.name {
        "household" => {
            all.push((("visits.record", "", ""), visit(id).into()));
            let resident = tree.entries("residents").next().and_then(|(entry, _)| entry.parse().ok());
            let issue = |resident| IssuePaper { sort: "residence".into(), household: id, resident, purpose: "入学".into() };
            all.extend(resident.map(|resident| (("papers.issue", "", ""), issue(resident).into())));
        }
        "goods" => {
            all.push((("goods.move", "", ""), MoveGoods::of(id, Way::Given, 2).into()));
            all.push((("goods.settle", "", ""), SettleStock { goods: id, counted: 5, reason: "盘点".into(), book: Some(2) }.into()));
        }
        "movement" => all.push((("goods.arrive", "", ""), ArriveGoods { movement: id, signed_by: String::new() }.into())),
        "paper" => all.push((("papers.void", "", ""), VoidPaper { paper: id, reason: "有误".into() }.into())),
        "activity" => {
            // Signing in or claiming twice is being there once, which is not what the rules say.
            if town.lab.phone.claims_on(id).unwrap().iter().all(|claim| claim.person != person.to_string() || claim.outcome == "released") {
                all.push((("claims.claim", "", ""), ClaimPlace::of(id).into()));
            }
            if town.lab.phone.activities(9).unwrap().iter().all(|_| person != town.lab.person) {
                all.push((("attendance.sign_in", "", ""), SignIn { activity: id }.into()));
            }
        }
        "attendance" => all.push((("attendance.sign_out", "", ""), SignOut::of(id).into())),
        // Giving back what was given back is nothing, which is not what the rules say.
        "claim" if !tree.flag("given_back") => all.push((("claims.give_back", "", ""), GiveBack { claim: id, reason: "说明".into() }.into())),
        "photo" => all.push((("photos.remove", "", ""), RemovePhoto { photo: id }.into())),
        "circle" => all.push((("circles.member", "", ""), SetMember { circle: id, person: town.persons[1], member: true }.into())),
        "settings" => {
            all.push((("settings.retention", "", ""), SetRetention { settings: id, months: vec![("visit".into(), 24)], daily: None }.into()));
            let definition = Definition { zh: "养犬".into(), en: "dogs".into(), ty: "number".into(), choices: vec![], personal: false, closed: false };
            all.push((("settings.field", "", ""), SetOwnField { settings: id, of: "household".into(), key: "x:dogs".into(), definition }.into()));
        }
        _ => {}
    }
    for step in kind.process.iter().flat_map(|process| process.steps) {
        all.extend(step_of(town, id, step).map(|input| (("cases.step", step.code.code, ""), input)));
    }
    if ["visit", "report", "demand", "household", "health", "minor", "mediation"].contains(&kind.name) {
        all.push((("photos.take", "", ""), photo(id).into()));
    }
    all
}

/// Holds what is offered against what is taken, for this person in this role, on every record. Returns how much was tried.
fn assert_together(town: &Town, person: Id, role: Role) -> usize {
    let grant = Grant { role, scope: town.scope(role) };
    enrol(&town.lab.phone, person, role, &grant.scope);
    let mut held = Held(&town.lab.phone, BTreeMap::new());
    let mut tried = 0;
    for id in &town.records {
        let doc = held.load(*id).unwrap().unwrap();
        let offered = town.lab.phone.actions(*id).unwrap();
        for (of, input) in attempts(town, *id, &doc, person) {
            let (command, what, field) = of;
            // Nobody enters themselves into a circle.
            if command == "circles.member" && person == town.persons[1] {
                continue;
            }
            let is_offered = offered.iter().any(|a| a.command == command && a.what == what && (field.is_empty() || a.fields.iter().any(|f| f == field)));
            let taken = is_taken(&mut held, person, &grant, input.clone());
            let (kind, tells) = (doc.kind().name, if is_offered { "offered and refused" } else { "taken and not offered" });
            assert_eq!(is_offered, taken, "{kind} {of:?} by {role}: {tells}; {input:?}");
            tried += 1;
        }
    }
    tried
}

#[test]
fn every_role_is_offered_what_is_taken_and_nothing_else() {
    let town = Town::new();
    let mut tried = 0;
    for role in Role::ALL.iter().map(|info| info.role).filter(|role| *role != Role::Hub) {
        for person in [town.lab.person, town.persons[0]] {
            tried += assert_together(&town, person, role);
        }
    }
    assert!(tried > 3_000, "{tried}");
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn whatever_happened_before_offers_and_rules_agree(
        history in prop::collection::vec((0usize..40, 0usize..40, 0usize..40), 1..30),
        roles in prop::array::uniform4(0usize..Role::ALL.len() - 1),
        who in 0usize..3,
    ) {
        let town = Town::new();
        town.pass(&history);
        for role in roles {
            assert_together(&town, [town.lab.person, town.persons[0], town.persons[1]][who], Role::ALL[role].role);
        }
    }
}
