use automerge::ObjId;
use serde::{Deserialize, Serialize};

use super::document;
use crate::commands::{Action, Edit, check_position, check_text};
use crate::documents::{Value, Writer};
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::places::spot;

/// Adds a household with the residents known so far. Answers with the household's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddHousehold {
    /// The grid it lies in, or the micro-grid of it.
    pub place: Id,
    /// The address as people say it.
    pub address: String,
    /// Owned, rented, …; may be empty.
    #[serde(default)]
    pub tenure: String,
    /// Latitude in degrees (WGS-84).
    #[serde(default)]
    pub lat: Option<f64>,
    /// Longitude in degrees (WGS-84).
    #[serde(default)]
    pub lon: Option<f64>,
    /// A visiting rhythm of its own, in days, beside those of its residents' tags.
    #[serde(default)]
    pub visit_every_days: Option<u32>,
    /// The residents.
    #[serde(default)]
    pub residents: Vec<NewResident>,
}

/// A person in a household, as first recorded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NewResident {
    /// The name.
    pub name: String,
    /// 男 or 女; may be empty.
    #[serde(default)]
    pub sex: String,
    /// Date of birth, `YYYY-MM-DD`; may be empty.
    #[serde(default)]
    pub birth: String,
    /// To the household's head; may be empty.
    #[serde(default)]
    pub relation: String,
    /// Telephone number; may be empty.
    #[serde(default)]
    pub phone: String,
    /// Tags.
    #[serde(default)]
    pub tags: Vec<String>,
}

impl Action for AddHousehold {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let address = check_text(&self.address, "地址", "the address")?;
        let tenure = optional(&self.tenure, "住房性质", "the tenure")?;
        let position = check_position(self.lat, self.lon)?;
        let rhythm = self.visit_every_days.map(check_rhythm).transpose()?;
        let residents = self.residents.iter().map(NewResident::checked).collect::<Result<Vec<_>>>()?;
        let spot = spot(edit, self.place)?;
        let id = edit.new_id();
        let entries: Vec<_> = residents.into_iter().map(|r| (edit.new_id(), r)).collect();
        edit.create(id, document::HOUSEHOLD.name, |w| {
            let root = w.at_path(&[])?;
            w.stamp(&root)?;
            w.put(&root, "place", Value::from(spot.grid))?;
            w.put(&root, "micro_grid", spot.micro_grid.map(Value::from))?;
            w.put(&root, "address", Value::from(address.as_str()))?;
            w.put(&root, "tenure", Value::from(tenure.as_str()))?;
            w.put(&root, "lat", position.map(|p| p.0.into()))?;
            w.put(&root, "lon", position.map(|p| p.1.into()))?;
            w.put(&root, "visit_every_days", rhythm.map(Value::from))?;
            let container = w.at_path(&["residents"])?;
            for (entry, resident) in entries {
                let map = w.new_map(&container, &entry.to_string())?;
                resident.put(w, &map)?;
            }
            Ok(())
        })?;
        Ok(id)
    }
}

pub(super) fn check_rhythm(days: u32) -> Result<i64> {
    if (1..=3650).contains(&days) {
        Ok(days.into())
    } else {
        Err(Error::invalid("走访周期须在1到3650天之间", "the visiting rhythm must be 1 to 3650 days"))
    }
}

impl NewResident {
    /// The same with every field checked and trimmed.
    pub(super) fn checked(&self) -> Result<Self> {
        Ok(Self {
            name: check_text(&self.name, "姓名", "the name")?,
            sex: optional(&self.sex, "性别", "the sex")?,
            birth: check_birth(&self.birth)?,
            relation: optional(&self.relation, "与户主关系", "the relation")?,
            phone: check_phone(&self.phone)?,
            tags: self.tags.iter().map(|t| check_tag(t)).collect::<Result<_>>()?,
        })
    }

    pub(super) fn put(&self, w: &mut Writer<'_>, map: &ObjId) -> Result<()> {
        w.put(map, "name", Value::from(self.name.as_str()))?;
        w.put(map, "sex", Value::from(self.sex.as_str()))?;
        w.put(map, "birth", Value::from(self.birth.as_str()))?;
        w.put(map, "relation", Value::from(self.relation.as_str()))?;
        w.put(map, "phone", Value::from(self.phone.as_str()))?;
        self.tags.iter().try_for_each(|tag| w.put(map, &format!("tag:{tag}"), Value::from(true)))
    }
}

pub(super) fn optional(text: &str, zh: &str, en: &str) -> Result<String> {
    if text.trim().is_empty() { Ok(String::new()) } else { check_text(text, zh, en) }
}

/// A tag: a short text without blanks, which part one tag from the next.
pub(crate) fn check_tag(tag: &str) -> Result<String> {
    let tag = check_text(tag, "标签", "a tag")?;
    if tag.contains(char::is_whitespace) {
        return Err(Error::invalid("标签中不能有空格，多个标签请分开填写", "a tag has no blanks in it; enter several tags one by one"));
    }
    Ok(tag)
}

/// A date of birth that exists, `YYYY-MM-DD`, or nothing.
pub(super) fn check_birth(birth: &str) -> Result<String> {
    let birth = birth.trim();
    let possible = |d: &jiff::civil::Date| (1850..=2199).contains(&d.year());
    if birth.is_empty() || birth.len() == 10 && birth.parse().is_ok_and(|d| possible(&d)) {
        Ok(birth.to_owned())
    } else {
        Err(Error::invalid("出生日期不存在，请按“1950-03-08”填写", "the date of birth does not exist; write it as 1950-03-08"))
    }
}

/// A telephone number: digits, with `+`, `-` and blanks allowed, or nothing.
pub(crate) fn check_phone(phone: &str) -> Result<String> {
    let phone = phone.trim();
    let digits = phone.chars().filter(char::is_ascii_digit).count();
    let allowed = phone.chars().all(|c| c.is_ascii_digit() || " +-".contains(c));
    if phone.is_empty() || allowed && (3..=20).contains(&digits) {
        Ok(phone.to_owned())
    } else {
        Err(Error::invalid("电话号码只能由3到20位数字组成", "a telephone number is 3 to 20 digits"))
    }
}
