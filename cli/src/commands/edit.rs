//! Editing the roster: households and residents.

use clap::{Args, Subcommand};
use gridwalk_core::households::{AddHousehold, AddResident, EditHousehold, EditResident, NewResident};
use gridwalk_core::{Error, Id, Phone};

use super::lookup::own_grid;
use crate::failure::{Failure, Result};
use crate::screen::Screen;
use crate::values::{FieldEdit, Position, TagEdit, id};
use crate::words;

/// 修改住户和居民的资料 / Edit households and residents
#[derive(Debug, Args)]
pub struct Edit {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Household(HouseholdFields),
    Resident(ResidentFields),
    AddResident(NewResidentOf),
    AddHousehold(NewHousehold),
}

impl Edit {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        match self.what {
            What::Household(c) => c.run(phone, screen),
            What::Resident(c) => c.run(phone, screen),
            What::AddResident(c) => c.run(phone, screen),
            What::AddHousehold(c) => c.run(phone, screen),
        }
    }
}

/// 修改住户 / Edit a household; what is not given stays
#[derive(Debug, Args)]
struct HouseholdFields {
    /// 住户编号 / the household's id
    #[arg(value_parser = id)]
    household: Id,
    /// 住址 / address
    #[arg(long, value_name = "TEXT")]
    address: Option<String>,
    /// 住房性质 / tenure
    #[arg(long, value_name = "TEXT")]
    tenure: Option<String>,
    /// 在住、空置、搬离 / lived_in, vacant, moved
    #[arg(long)]
    state: Option<String>,
    /// 本户自己的走访周期（天） / a visiting rhythm of its own, in days
    #[arg(long, value_name = "DAYS")]
    every_days: Option<u32>,
    /// 位置 / position
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    position: Option<Position>,
    /// 现在所属的网格或微网格编号 / the id of the grid or micro-grid it now lies in
    #[arg(long, value_name = "PLACE", value_parser = id)]
    place: Option<Id>,
}

impl HouseholdFields {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let edit = EditHousehold {
            household: self.household,
            address: self.address,
            tenure: self.tenure,
            state: self.state.map(|s| words::code(words::HOUSEHOLD_STATES, &s).to_owned()),
            visit_every_days: self.every_days,
            position: self.position.map(|p| (p.0, p.1)),
            place: self.place,
        };
        let nothing =
            EditHousehold { household: self.household, address: None, tenure: None, state: None, visit_every_days: None, position: None, place: None };
        if edit == nothing {
            return Err(nothing_to_edit());
        }
        screen.recorded(&phone.run(edit)?, "已修改住户", "household edited")
    }
}

/// 修改居民 / Edit a resident; what is not given stays
#[derive(Debug, Args)]
struct ResidentFields {
    /// 住户编号 / the household's id
    #[arg(value_parser = id)]
    household: Id,
    /// 居民编号 / the resident's id
    #[arg(value_parser = id)]
    resident: Id,
    /// 项目=内容，可重复：姓名、性别、出生、关系、电话、状态 / name, sex, birth, relation, phone or state; may be repeated
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<FieldEdit>,
    /// 加标签 +低保，去标签 -低保，可重复 / give +TAG or take away -TAG; may be repeated
    #[arg(long, value_name = "±TAG", allow_hyphen_values = true)]
    tag: Vec<TagEdit>,
}

impl ResidentFields {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        if self.set.is_empty() && self.tag.is_empty() {
            return Err(nothing_to_edit());
        }
        let tags = |give: bool| {
            let wanted = self.tag.iter().filter_map(move |tag| match tag {
                TagEdit::Give(tag) if give => Some(tag.clone()),
                TagEdit::Take(tag) if !give => Some(tag.clone()),
                _ => None,
            });
            wanted.collect()
        };
        let outcome = phone.run(EditResident {
            household: self.household,
            resident: self.resident,
            add_tags: tags(true),
            remove_tags: tags(false),
            set: self.set.into_iter().map(|edit| (edit.0, edit.1)).collect(),
        })?;
        screen.recorded(&outcome, "已修改居民", "resident edited")
    }
}

/// 在一户中新增居民 / Add a resident to a household
#[derive(Debug, Args)]
struct NewResidentOf {
    /// 住户编号 / the household's id
    #[arg(value_parser = id)]
    household: Id,
    /// 姓名 / name
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// 性别：男、女 / sex
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    sex: String,
    /// 出生日期 / date of birth, such as 1950-03-08
    #[arg(long, value_name = "DATE", default_value = "", hide_default_value = true)]
    birth: String,
    /// 与户主关系 / relation to the household's head
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    relation: String,
    /// 电话 / telephone
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    phone: String,
    /// 标签，可重复 / tag; may be repeated
    #[arg(long)]
    tag: Vec<String>,
}

impl NewResidentOf {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let tags = self.tag.iter().map(|tag| tag.trim_start_matches(['+', '＋']).to_owned()).collect();
        let resident = NewResident { name: self.name, sex: self.sex, birth: self.birth, relation: self.relation, phone: self.phone, tags };
        let outcome = phone.run(AddResident { household: self.household, resident })?;
        screen.recorded(&outcome, "已新增居民", "resident added")
    }
}

/// 新增住户 / Add a household
#[derive(Debug, Args)]
struct NewHousehold {
    /// 住址 / address
    address: String,
    /// 网格或微网格编号，见 place list，默认本人的网格 / the id of the grid or micro-grid [default: your own]
    #[arg(long, value_name = "PLACE", value_parser = id)]
    place: Option<Id>,
    /// 住房性质 / tenure
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    tenure: String,
    /// 走访周期（天） / a visiting rhythm of its own, in days
    #[arg(long, value_name = "DAYS")]
    every_days: Option<u32>,
    /// 位置 / position
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    position: Option<Position>,
}

impl NewHousehold {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let place = self.place.map_or_else(|| own_grid(phone), |place| Ok(Some(place)))?;
        let place = place.ok_or_else(|| Error::invalid("请用 --place 指定网格", "name the grid with --place"))?;
        let outcome = phone.run(AddHousehold {
            place,
            address: self.address,
            tenure: self.tenure,
            lat: self.position.map(|p| p.0),
            lon: self.position.map(|p| p.1),
            visit_every_days: self.every_days,
            residents: Vec::new(),
        })?;
        screen.recorded(&outcome, "已新增住户", "household added")
    }
}

fn nothing_to_edit() -> Failure {
    Failure::usage("请给出要修改的内容，请用 --help 查看用法", "say what to change; see --help")
}
