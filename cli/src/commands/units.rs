//! Departments and units: list, add, edit.

use clap::{Args, Subcommand};
use gridwalk_core::units::{AddUnit, EditUnit, SORTS};
use gridwalk_core::{Id, Phone};
use serde_json::json;

use crate::failure::Result;
use crate::screen::{Screen, Tone, cell, toned};
use crate::values::id;
use crate::words;

/// 部门和单位 / Departments and units
#[derive(Debug, Args)]
pub struct Unit {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(List),
    Add(Add),
    Edit(Edit),
}

impl Unit {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        match self.what {
            What::List(c) => c.run(phone, screen),
            What::Add(c) => {
                let unit = AddUnit { sort: words::code(&SORTS, &c.sort).to_owned(), name: c.name, phone: c.phone };
                screen.recorded(&phone.run(unit)?, "已新增单位", "unit added")
            }
            What::Edit(c) => screen.recorded(&phone.run(EditUnit { unit: c.unit, name: c.name, phone: c.phone })?, "已修改单位", "unit edited"),
        }
    }
}

/// 所有部门和单位 / All departments and units
#[derive(Debug, Args)]
struct List {}

impl List {
    fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let units = phone.units()?;
        screen.answer(&json!(units), |s| {
            if units.is_empty() {
                return s.text("没有单位 / no units", Tone::Dim);
            }
            let mut table = s.table(&["类型 Sort", "名称 Name", "电话 Phone", "编号 Id"]);
            for u in &units {
                table.add_row([cell(words::word(&SORTS, &u.sort)), cell(&u.name), cell(&u.phone), toned(u.id, Tone::Dim)]);
            }
            table.to_string()
        })
    }
}

/// 新增部门或单位 / Add a department or unit
#[derive(Debug, Args)]
struct Add {
    /// 类型：department 部门、area_unit 驻区单位、employer_unit 所在单位、property 物业 / what it is to the community
    sort: String,
    /// 名称 / its name
    name: String,
    /// 电话 / telephone number
    #[arg(long, value_name = "NUMBER", default_value = "", hide_default_value = true)]
    phone: String,
}

/// 修改部门或单位，没有给出的不变 / Edit a department or unit; what is not given stays
#[derive(Debug, Args)]
struct Edit {
    /// 单位编号 / the unit
    #[arg(value_parser = id)]
    unit: Id,
    /// 新名称 / its new name
    #[arg(long, required_unless_present = "phone")]
    name: Option<String>,
    /// 新电话，留空即清除 / its new telephone number, empty for none
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
}
