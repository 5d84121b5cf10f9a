use automerge::ObjId;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::document;
use crate::commands::{Action, Edit, Flaws, check_name, check_position, check_text};
use crate::documents::{Value, Writer};
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::places::spot;
use crate::text::day::{DayFault, china_day, day};
use crate::text::phones::{BETWEEN, PhoneFault, phones};

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
    /// Date of birth, in any usual form (see [`day`]); may be empty.
    #[serde(default)]
    pub birth: String,
    /// To the household's head; may be empty.
    #[serde(default)]
    pub relation: String,
    /// Telephone number, or several; may be empty.
    #[serde(default)]
    pub phone: String,
    /// Tags.
    #[serde(default)]
    pub tags: Vec<String>,
}

impl Action for AddHousehold {
    fn apply(&self, edit: &mut Edit<'_>) -> Result<Id> {
        let mut flaws = Flaws::default();
        let Self { address, tenure, residents, .. } = self.clean(&mut flaws, china_day(edit.stamp().at));
        let position = flaws.take("lat", check_position(self.lat, self.lon));
        let rhythm = flaws.take("visit_every_days", self.visit_every_days.map(check_rhythm).transpose());
        let (address, tenure, residents) = flaws.first((address, tenure, residents))?;
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

impl AddHousehold {
    /// The same with every field in its one form, or everything that is wrong, each error with its field
    /// (`residents[1].phone`). `today` is what no birth may be later than. Where the household lies is not looked at.
    pub fn checked(&self, today: Date) -> std::result::Result<Self, Vec<Error>> {
        let mut flaws = Flaws::default();
        let clean = self.clean(&mut flaws, today);
        flaws.take("lat", check_position(self.lat, self.lon));
        flaws.take("visit_every_days", self.visit_every_days.map(check_rhythm).transpose());
        flaws.of(clean)
    }

    fn clean(&self, flaws: &mut Flaws, today: Date) -> Self {
        let residents = self.residents.iter().enumerate();
        Self {
            address: flaws.take("address", check_name(&self.address, "地址", "the address")),
            tenure: flaws.take("tenure", optional(&self.tenure, "住房性质", "the tenure")),
            residents: residents.map(|(at, resident)| resident.clean(flaws, &format!("residents[{at}]."), today)).collect(),
            ..self.clone()
        }
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
    /// The same with every field in its one form.
    pub(super) fn checked(&self, today: Date) -> Result<Self> {
        let mut flaws = Flaws::default();
        let clean = self.clean(&mut flaws, "", today);
        flaws.first(clean)
    }

    fn clean(&self, flaws: &mut Flaws, prefix: &str, today: Date) -> Self {
        let mut field = |name: &str, checked| flaws.take(format!("{prefix}{name}"), checked);
        Self {
            name: field("name", check_name(&self.name, "姓名", "the name")),
            sex: field("sex", optional(&self.sex, "性别", "the sex")),
            birth: field("birth", check_birth(&self.birth, today)),
            relation: field("relation", optional(&self.relation, "与户主关系", "the relation")),
            phone: field("phone", check_phone(&self.phone)),
            tags: self.tags.iter().map(|tag| field("tags", check_tag(tag))).collect(),
        }
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

/// A short text that may be empty.
pub(super) fn optional(text: &str, zh: &str, en: &str) -> Result<String> {
    if text.trim().is_empty() { Ok(String::new()) } else { check_name(text, zh, en) }
}

/// A tag: a short text without blanks, which part one tag from the next.
pub(crate) fn check_tag(tag: &str) -> Result<String> {
    let tag = check_text(tag, "标签", "a tag")?;
    if tag.contains(char::is_whitespace) {
        return Err(Error::invalid("标签中不能有空格，多个标签请分开填写", "a tag has no blanks in it; enter several tags one by one"));
    }
    check_name(&tag, "标签", "a tag")
}

/// A date of birth as `YYYY-MM-DD`, whatever the usual form it is given in, or nothing. `today` is what it may not be later than.
pub(super) fn check_birth(birth: &str, today: Date) -> Result<String> {
    if birth.trim().is_empty() {
        return Ok(String::new());
    }
    let (zh, en) = match day(birth) {
        Ok(day) if day > today => ("出生日期晚于今天，请核对", "the date of birth is later than today"),
        Ok(day) if day.year() < 1850 => ("出生日期早于1850年，请核对", "the date of birth is before 1850"),
        Ok(day) => return Ok(day.to_string()),
        Err(DayFault::Impossible) => ("出生日期不存在：日历上没有这一天，请核对", "the date of birth does not exist: the calendar has no such day"),
        Err(DayFault::Partial) => {
            ("出生日期只有年或年月，请补全到日，如“1950-03-08”，不清楚就留空", "the date of birth lacks its day; complete it, as 1950-03-08, or leave it empty")
        }
        Err(DayFault::Unreadable) => ("出生日期认不出，请按“1950-03-08”填写", "the date of birth cannot be read; write it as 1950-03-08"),
    };
    Err(Error::invalid(zh, en))
}

/// Telephone numbers in their one form ([`phones`]), or nothing.
pub(crate) fn check_phone(text: &str) -> Result<String> {
    let (zh, en) = match phones(text).map(|numbers| numbers.join(BETWEEN.encode_utf8(&mut [0; 4]))) {
        Ok(joined) if joined.chars().count() > 100 => ("电话号码太多，最多100个字", "too many telephone numbers; at most 100 characters"),
        Ok(joined) => return Ok(joined),
        Err(PhoneFault::Digits) => ("一个电话号码须有3到20位数字", "a telephone number has 3 to 20 digits"),
        Err(PhoneFault::Letters) => (
            "电话中有号码以外的文字，请只留号码，多个号码用“、”隔开",
            "there is something else than numbers in the telephone field; several numbers are parted by commas",
        ),
    };
    Err(Error::invalid(zh, en))
}
