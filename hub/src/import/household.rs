//! A household of a file, before it is a record: its fields by the dictionary, checked by the core.

use gridwalk_core::dictionary::own::OWN;
use gridwalk_core::error::Error as CoreError;
use gridwalk_core::ids::Id;
use gridwalk_core::records::{Json, JsonMap, checked};
use jiff::civil::Date;
use serde_json::json;

/// A household with its residents; where it lies is found when it comes in. Empty texts are not known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewHousehold {
    /// The address.
    pub address: String,
    /// Owned, rented, ….
    pub tenure: String,
    /// Latitude in degrees (WGS-84).
    pub lat: Option<f64>,
    /// Longitude in degrees (WGS-84).
    pub lon: Option<f64>,
    /// A visiting rhythm of its own, in days.
    pub visit_every_days: Option<u32>,
    /// The residents.
    pub residents: Vec<NewResident>,
    /// The community's own fields, by their keys.
    pub own: JsonMap,
}

/// A resident of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewResident {
    /// The name.
    pub name: String,
    /// 男 or 女.
    pub sex: String,
    /// Date of birth.
    pub birth: String,
    /// To the household's head.
    pub relation: String,
    /// Telephone numbers.
    pub phone: String,
    /// Tags.
    pub tags: Vec<String>,
    /// The community's own fields, by their keys.
    pub own: JsonMap,
}

impl NewHousehold {
    /// The same with every field in its one form, or everything that is wrong, each error with its field
    /// (`residents[1].phone`). `today` is what no birth may be later than.
    pub fn checked(&self, today: Date) -> Result<Self, Vec<CoreError>> {
        // In a file a position is two columns.
        let of_file = |flaw: CoreError| if flaw.field() == Some("position") { flaw.in_field("lat") } else { flaw };
        let clean = checked("household", &self.fields(), today).map_err(|flaws| flaws.into_iter().map(of_file).collect::<Vec<_>>())?;
        let residents = clean.get("residents").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_object);
        Ok(Self { address: text(&clean, "address"), tenure: text(&clean, "tenure"), residents: residents.map(NewResident::of).collect(), ..self.clone() })
    }

    /// The values for `add` of a household that lies in `place`.
    pub fn fields_in(&self, place: Id) -> JsonMap {
        let mut fields = self.fields();
        fields.insert("place".into(), place.to_string().into());
        fields
    }

    fn fields(&self) -> JsonMap {
        let position = (self.lat.is_some() || self.lon.is_some()).then(|| json!({"lat": self.lat, "lon": self.lon}));
        let residents: Vec<JsonMap> = self.residents.iter().map(NewResident::fields).collect();
        given([
            ("address", json!(self.address)),
            ("tenure", json!(self.tenure)),
            ("position", json!(position)),
            ("visit_every_days", json!(self.visit_every_days)),
            ("residents", json!(residents)),
        ])
        .into_iter()
        .chain(self.own.clone())
        .collect()
    }
}

impl NewResident {
    fn of(fields: &JsonMap) -> Self {
        let [name, sex, birth, relation, phone] = ["name", "sex", "birth", "relation", "phone"].map(|key| text(fields, key));
        let tags = fields.get("tags").and_then(Json::as_array).into_iter().flatten();
        let own = fields.iter().filter(|(key, _)| key.starts_with(OWN)).map(|(key, value)| (key.clone(), value.clone())).collect();
        Self { name, sex, birth, relation, phone, tags: tags.filter_map(Json::as_str).map(str::to_owned).collect(), own }
    }

    fn fields(&self) -> JsonMap {
        given([
            ("name", json!(self.name)),
            ("sex", json!(self.sex)),
            ("birth", json!(self.birth)),
            ("relation", json!(self.relation)),
            ("phone", json!(self.phone)),
            ("tags", json!(self.tags)),
        ])
        .into_iter()
        .chain(self.own.clone())
        .collect()
    }
}

fn given<const N: usize>(pairs: [(&str, Json); N]) -> JsonMap {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn text(fields: &JsonMap, key: &str) -> String {
    fields.get(key).and_then(Json::as_str).unwrap_or_default().to_owned()
}
