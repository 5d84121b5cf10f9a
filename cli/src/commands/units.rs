//! Departments and units: list, add.

use clap::{Args, Subcommand};
use gridwalk_core::Phone;
use gridwalk_core::units::{AddUnit, SORTS};
use serde_json::json;

use crate::failure::Result;
use crate::screen::{Screen, Tone, cell, toned};
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
}

impl Unit {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        match self.what {
            What::List(c) => c.run(phone, screen),
            What::Add(c) => {
                let unit = AddUnit { sort: words::code(&SORTS, &c.sort).to_owned(), name: c.name, phone: c.phone };
                screen.recorded(&phone.run(unit)?, "已新增单位", "unit added")
            }
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
