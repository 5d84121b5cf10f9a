//! Commands on the roster in types: what tests say of households and residents, as the dictionary's `add` and `edit`.

use gridwalk_core::records::{AddEntry, AddRecord, EditRecord, JsonMap};
use gridwalk_core::{Id, Input};
use serde_json::{Value, json};

/// A household with the residents known so far.
#[derive(Debug, Clone, PartialEq)]
pub struct AddHousehold {
    /// The grid it lies in, or the micro-grid of it.
    pub place: Id,
    /// The address.
    pub address: String,
    /// Owned, rented, …; may be empty.
    pub tenure: String,
    /// Latitude in degrees (WGS-84).
    pub lat: Option<f64>,
    /// Longitude in degrees (WGS-84).
    pub lon: Option<f64>,
    /// A visiting rhythm of its own, in days.
    pub visit_every_days: Option<u32>,
    /// The residents.
    pub residents: Vec<NewResident>,
}

/// A resident as first recorded; empty texts are not known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewResident {
    /// The name.
    pub name: String,
    /// 男 or 女.
    pub sex: String,
    /// Date of birth, `YYYY-MM-DD`.
    pub birth: String,
    /// To the household's head.
    pub relation: String,
    /// Telephone number.
    pub phone: String,
    /// Tags.
    pub tags: Vec<String>,
}

/// New values of a household's fields; what is `None` stays.
#[derive(Debug, Clone, PartialEq)]
pub struct EditHousehold {
    /// The household.
    pub household: Id,
    /// A new address.
    pub address: Option<String>,
    /// A new tenure.
    pub tenure: Option<String>,
    /// A new state.
    pub state: Option<String>,
    /// A new visiting rhythm in days.
    pub visit_every_days: Option<u32>,
    /// A new position in degrees (WGS-84): latitude, longitude.
    pub position: Option<(f64, f64)>,
    /// The grid it now lies in, or the micro-grid of it.
    pub place: Option<Id>,
}

/// A resident for a household.
#[derive(Debug, Clone, PartialEq)]
pub struct AddResident {
    /// The household.
    pub household: Id,
    /// The person.
    pub resident: NewResident,
}

/// A field of a resident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResidentField {
    /// `name`
    Name,
    /// `sex`
    Sex,
    /// `birth`
    Birth,
    /// `relation`
    Relation,
    /// `phone`
    Phone,
    /// `state`
    State,
}

/// New values of a resident's fields, and tags given and taken away.
#[derive(Debug, Clone, PartialEq)]
pub struct EditResident {
    /// The household.
    pub household: Id,
    /// The resident.
    pub resident: Id,
    /// New values of fields.
    pub set: Vec<(ResidentField, String)>,
    /// Tags to give.
    pub add_tags: Vec<String>,
    /// Tags to take away.
    pub remove_tags: Vec<String>,
}

impl NewResident {
    fn fields(&self) -> JsonMap {
        let texts = [("name", &self.name), ("sex", &self.sex), ("birth", &self.birth), ("relation", &self.relation), ("phone", &self.phone)];
        let texts = texts.into_iter().filter(|(key, text)| *key == "name" || !text.is_empty()).map(|(key, text)| (key.to_owned(), json!(text)));
        texts.chain((!self.tags.is_empty()).then(|| ("tags".to_owned(), json!(self.tags)))).collect()
    }
}

fn position(lat: Option<f64>, lon: Option<f64>) -> Option<Value> {
    // One without the other is refused by the core.
    (lat.is_some() || lon.is_some()).then(|| json!({"lat": lat, "lon": lon}))
}

fn given<const N: usize>(pairs: [(&str, Option<Value>); N]) -> JsonMap {
    pairs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

impl From<AddHousehold> for Input {
    fn from(new: AddHousehold) -> Self {
        let residents: Vec<JsonMap> = new.residents.iter().map(NewResident::fields).collect();
        let fields = given([
            ("place", Some(json!(new.place.to_string()))),
            ("address", Some(json!(new.address))),
            ("tenure", (!new.tenure.is_empty()).then(|| json!(new.tenure))),
            ("position", position(new.lat, new.lon)),
            ("visit_every_days", new.visit_every_days.map(|days| json!(days))),
            ("residents", Some(json!(residents))),
        ]);
        AddRecord { kind: "household".into(), fields }.into()
    }
}

impl From<EditHousehold> for Input {
    fn from(edit: EditHousehold) -> Self {
        let fields = given([
            ("address", edit.address.map(|text| json!(text))),
            ("tenure", edit.tenure.map(|text| json!(text))),
            ("state", edit.state.map(|text| json!(text))),
            ("visit_every_days", edit.visit_every_days.map(|days| json!(days))),
            ("position", edit.position.and_then(|(lat, lon)| position(Some(lat), Some(lon)))),
            ("place", edit.place.map(|place| json!(place.to_string()))),
        ]);
        EditRecord { record: edit.household, entry: None, fields }.into()
    }
}

impl From<AddResident> for Input {
    fn from(new: AddResident) -> Self {
        AddEntry { record: new.household, entries: "residents".into(), fields: new.resident.fields() }.into()
    }
}

impl From<EditResident> for Input {
    fn from(edit: EditResident) -> Self {
        let key = |field: ResidentField| match field {
            ResidentField::Name => "name",
            ResidentField::Sex => "sex",
            ResidentField::Birth => "birth",
            ResidentField::Relation => "relation",
            ResidentField::Phone => "phone",
            ResidentField::State => "state",
        };
        let mut fields: JsonMap = edit.set.into_iter().map(|(field, text)| (key(field).to_owned(), json!(text))).collect();
        let tags: Vec<String> = edit.add_tags.into_iter().chain(edit.remove_tags.into_iter().map(|tag| format!("-{tag}"))).collect();
        if !tags.is_empty() {
            fields.insert("tags".into(), json!(tags));
        }
        EditRecord { record: edit.household, entry: Some(edit.resident), fields }.into()
    }
}
