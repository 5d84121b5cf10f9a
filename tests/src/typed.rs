//! Commands in types: what tests say of places, persons, activities, units, circles and what they hold, as the dictionary's `add`
//! and `edit`.

use gridwalk_core::records::{AddEntry, AddRecord, EditRecord};
use gridwalk_core::visits::{self, VisitResult};
use gridwalk_core::{Id, Input};
use serde_json::{Map, Value, json};

/// A place of this level.
#[derive(Debug, Clone, PartialEq)]
pub struct AddPlace {
    /// `grid`.
    pub level: String,
    /// What people call it.
    pub name: String,
}

/// A micro-grid in a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct AddMicroGrid {
    /// The grid.
    pub grid: Id,
    /// What people call it.
    pub name: String,
}

/// A place's new name.
#[derive(Debug, Clone, PartialEq)]
pub struct EditPlace {
    /// The place.
    pub place: Id,
    /// What people call it now.
    pub name: String,
}

/// A person who acts.
#[derive(Debug, Clone, PartialEq)]
pub struct AddPerson {
    /// The code of a role.
    pub kind: String,
    /// The name.
    pub name: String,
    /// The grid or micro-grid.
    pub place: Option<Id>,
}

/// What a person says of themselves; what is `None` stays.
#[derive(Debug, Clone, PartialEq)]
pub struct EditPerson {
    /// The person.
    pub person: Id,
    /// Telephone number.
    pub phone: Option<String>,
    /// The employer unit.
    pub unit: Option<String>,
    /// Skills.
    pub skills: Option<String>,
}

/// An activity.
#[derive(Debug, Clone, PartialEq)]
pub struct AddActivity {
    /// What it is called.
    pub title: String,
    /// Its task kind.
    pub task: String,
    /// The grid it takes place in.
    pub place: Option<Id>,
    /// When it begins, in seconds since the Unix epoch (UTC).
    pub starts_at: i64,
    /// When it ends.
    pub ends_at: i64,
    /// How many can take part.
    pub places: Option<u32>,
}

/// Visiting rhythms of tags.
#[derive(Debug, Clone, PartialEq)]
pub struct SetVisitRule {
    /// The settings; `None` makes them.
    pub settings: Option<Id>,
    /// Tags with days.
    pub rules: Vec<(String, i64)>,
}

/// A category of reports.
#[derive(Debug, Clone, PartialEq)]
pub struct Category {
    /// Its code.
    pub code: String,
    /// Its three levels.
    pub levels: [String; 3],
}

/// Categories of the community's list.
#[derive(Debug, Clone, PartialEq)]
pub struct SetCategories {
    /// The list; `None` makes it.
    pub list: Option<Id>,
    /// The categories.
    pub categories: Vec<Category>,
}

/// A visit to a household.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordVisit {
    /// The household.
    pub household: Id,
    /// How it ended.
    pub result: VisitResult,
    /// What for.
    pub purpose: String,
    /// What was seen and done.
    pub note: String,
    /// How long it took, in minutes.
    pub minutes: Option<u32>,
    /// Latitude in degrees (WGS-84).
    pub lat: Option<f64>,
    /// Longitude in degrees (WGS-84).
    pub lon: Option<f64>,
    /// When it was, if it is entered later.
    pub visited_at: Option<i64>,
    /// Further fields.
    pub fields: Map<String, Value>,
}

/// A department or unit.
#[derive(Debug, Clone, PartialEq)]
pub struct AddUnit {
    /// What it is to the community.
    pub sort: String,
    /// Its name.
    pub name: String,
    /// Telephone number.
    pub phone: String,
}

/// A unit's new values; what is `None` stays.
#[derive(Debug, Clone, PartialEq)]
pub struct EditUnit {
    /// The unit.
    pub unit: Id,
    /// A new name.
    pub name: Option<String>,
    /// A new telephone number.
    pub phone: Option<String>,
}

/// A confidential circle.
#[derive(Debug, Clone, PartialEq)]
pub struct AddCircle {
    /// What it is for.
    pub purpose: String,
    /// Its name.
    pub name: String,
    /// Its first members.
    pub members: Vec<Id>,
}

/// One fact of health or about a minor.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// The field.
    pub field: String,
    /// What is known.
    pub text: String,
}

/// A resident's health.
#[derive(Debug, Clone, PartialEq)]
pub struct AddHealth {
    /// The circle.
    pub circle: Id,
    /// The household.
    pub household: Id,
    /// The resident.
    pub resident: Id,
    /// What is known.
    pub facts: Vec<Fact>,
}

/// New facts of a resident's health.
#[derive(Debug, Clone, PartialEq)]
pub struct EditHealth {
    /// The document.
    pub health: Id,
    /// What changes.
    pub facts: Vec<Fact>,
}

/// A minor.
#[derive(Debug, Clone, PartialEq)]
pub struct AddMinor {
    /// The circle.
    pub circle: Id,
    /// The household.
    pub household: Id,
    /// The resident.
    pub resident: Id,
    /// What is known.
    pub facts: Vec<Fact>,
}

/// New facts about a minor.
#[derive(Debug, Clone, PartialEq)]
pub struct EditMinor {
    /// The document.
    pub minor: Id,
    /// What changes.
    pub facts: Vec<Fact>,
}

/// A mediation.
#[derive(Debug, Clone, PartialEq)]
pub struct AddMediation {
    /// The circle.
    pub circle: Id,
    /// The report it comes from.
    pub report: Option<Id>,
    /// Who quarrels.
    pub parties: String,
    /// What about.
    pub matter: String,
    /// Where.
    pub place: String,
    /// What else there is to say.
    pub note: String,
}

/// A session, or a return visit where it says whether the agreement was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct AddSession {
    /// The mediation.
    pub mediation: Id,
    /// Whether the agreement was kept.
    pub kept: Option<bool>,
    /// When it was held; `None` for now.
    pub held_at: Option<i64>,
    /// What was said.
    pub note: String,
}

/// What the parties agreed on.
#[derive(Debug, Clone, PartialEq)]
pub struct AgreeMediation {
    /// The mediation.
    pub mediation: Id,
    /// What they agreed on.
    pub agreement: String,
    /// When; `None` for now.
    pub agreed_at: Option<i64>,
    /// Until when it is to be kept.
    pub due_at: Option<i64>,
}

fn id(id: Option<Id>) -> Value {
    id.map_or(Value::Null, |id| json!(id.to_string()))
}

/// Those of these that are given.
fn given<const N: usize>(pairs: [(&str, Option<Value>); N]) -> Value {
    pairs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect::<Map<String, Value>>().into()
}

fn text(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| json!(text))
}

fn facts(facts: Vec<Fact>) -> Map<String, Value> {
    facts.into_iter().map(|fact| (fact.field, json!(fact.text))).collect()
}

fn care(kind: &str, [circle, household, resident]: [Id; 3], known: Vec<Fact>) -> Input {
    let mut fields = facts(known);
    for (key, id) in [("circle", circle), ("household", household), ("resident", resident)] {
        fields.insert(key.to_owned(), json!(id.to_string()));
    }
    AddRecord { kind: kind.into(), fields }.into()
}

impl From<AddPlace> for Input {
    fn from(new: AddPlace) -> Self {
        AddRecord::new("place", json!({"level": new.level, "name": new.name})).into()
    }
}

impl From<AddMicroGrid> for Input {
    fn from(new: AddMicroGrid) -> Self {
        AddRecord::new("place", json!({"level": "micro_grid", "place": new.grid.to_string(), "name": new.name})).into()
    }
}

impl From<EditPlace> for Input {
    fn from(edit: EditPlace) -> Self {
        EditRecord::of(edit.place, json!({"name": edit.name})).into()
    }
}

impl From<AddPerson> for Input {
    fn from(new: AddPerson) -> Self {
        AddRecord::new("person", json!({"kind": new.kind, "name": new.name, "place": id(new.place)})).into()
    }
}

impl From<EditPerson> for Input {
    fn from(edit: EditPerson) -> Self {
        let EditPerson { person, phone, unit, skills } = edit;
        let fields = given([("phone", phone.map(Value::from)), ("unit", unit.map(Value::from)), ("skills", skills.map(Value::from))]);
        EditRecord::of(person, fields).into()
    }
}

impl From<AddActivity> for Input {
    fn from(new: AddActivity) -> Self {
        let fields = given([
            ("title", Some(json!(new.title))),
            ("task", Some(json!(new.task))),
            ("place", Some(id(new.place))),
            ("starts_at", Some(json!(new.starts_at))),
            ("ends_at", Some(json!(new.ends_at))),
            ("places", new.places.map(Value::from)),
        ]);
        AddRecord::new("activity", fields).into()
    }
}

impl From<SetVisitRule> for Input {
    fn from(set: SetVisitRule) -> Self {
        let rules: Map<String, Value> = set.rules.into_iter().map(|(tag, days)| (tag, json!(days))).collect();
        let fields = json!({"visit_rules": rules});
        set.settings.map_or_else(|| AddRecord::new("settings", fields.clone()).into(), |settings| EditRecord::of(settings, fields.clone()).into())
    }
}

impl From<SetCategories> for Input {
    fn from(set: SetCategories) -> Self {
        let paths: Map<String, Value> = set.categories.into_iter().map(|c| (c.code, json!(c.levels.join("/")))).collect();
        let fields = json!({"categories": paths});
        set.list.map_or_else(|| AddRecord::new("category_list", fields.clone()).into(), |list| EditRecord::of(list, fields.clone()).into())
    }
}

impl From<RecordVisit> for Input {
    fn from(visit: RecordVisit) -> Self {
        let RecordVisit { household, result, purpose, note, minutes, lat, lon, visited_at, mut fields } = visit;
        let position = (lat.is_some() || lon.is_some()).then(|| json!({"lat": lat, "lon": lon}));
        let named = [
            ("result", Some(json!(result.code()))),
            ("purpose", text(&purpose)),
            ("note", text(&note)),
            ("minutes", minutes.map(Value::from)),
            ("position", position),
        ];
        fields.extend(named.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
        visits::RecordVisit { household, visited_at, fields }.into()
    }
}

impl From<AddUnit> for Input {
    fn from(new: AddUnit) -> Self {
        AddRecord::new("unit", json!({"sort": new.sort, "name": new.name, "phone": new.phone})).into()
    }
}

impl From<EditUnit> for Input {
    fn from(edit: EditUnit) -> Self {
        EditRecord::of(edit.unit, given([("name", edit.name.map(Value::from)), ("phone", edit.phone.map(Value::from))])).into()
    }
}

impl From<AddCircle> for Input {
    fn from(new: AddCircle) -> Self {
        let members: Vec<String> = new.members.iter().map(Id::to_string).collect();
        AddRecord::new("circle", json!({"purpose": new.purpose, "name": new.name, "members": members})).into()
    }
}

impl From<AddHealth> for Input {
    fn from(new: AddHealth) -> Self {
        care("health", [new.circle, new.household, new.resident], new.facts)
    }
}

impl From<EditHealth> for Input {
    fn from(edit: EditHealth) -> Self {
        EditRecord { record: edit.health, entry: None, fields: facts(edit.facts) }.into()
    }
}

impl From<AddMinor> for Input {
    fn from(new: AddMinor) -> Self {
        care("minor", [new.circle, new.household, new.resident], new.facts)
    }
}

impl From<EditMinor> for Input {
    fn from(edit: EditMinor) -> Self {
        EditRecord { record: edit.minor, entry: None, fields: facts(edit.facts) }.into()
    }
}

impl From<AddMediation> for Input {
    fn from(new: AddMediation) -> Self {
        let fields = given([
            ("circle", Some(id(Some(new.circle)))),
            ("report", new.report.map(|report| id(Some(report)))),
            ("parties", text(&new.parties)),
            ("matter", text(&new.matter)),
            ("place", text(&new.place)),
            ("note", text(&new.note)),
        ]);
        AddRecord::new("mediation", fields).into()
    }
}

impl From<AddSession> for Input {
    fn from(new: AddSession) -> Self {
        let entries = if new.kept.is_some() { "return_visits" } else { "sessions" };
        let fields = given([("kept", new.kept.map(Value::from)), ("held_at", new.held_at.map(Value::from)), ("note", text(&new.note))]);
        AddEntry::to(new.mediation, entries, fields).into()
    }
}

impl From<AgreeMediation> for Input {
    fn from(agree: AgreeMediation) -> Self {
        let fields =
            given([("agreement", Some(json!(agree.agreement))), ("agreed_at", agree.agreed_at.map(Value::from)), ("due_at", agree.due_at.map(Value::from))]);
        EditRecord::of(agree.mediation, fields).into()
    }
}
