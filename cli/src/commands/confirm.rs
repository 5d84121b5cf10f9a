//! Saying that what stands is still so.

use clap::Args;
use gridwalk_core::dictionary::Field;
use gridwalk_core::records::{Confirm as Confirmed, RecordView};
use gridwalk_core::{Error, Id, Phone, kinds};

use super::lookup::household;
use crate::failure::Result;
use crate::screen::Screen;
use crate::values::id;

/// 核对：内容没有变化，只记下由谁在何时核对 / Confirm that what stands is still so: only who and when are recorded
#[derive(Debug, Args)]
#[command(after_help = "\
例 / Examples:
  gridwalk confirm HOUSEHOLD                    整户都没变 / all of it is still so
  gridwalk confirm HOUSEHOLD 住址 产权
  gridwalk confirm HOUSEHOLD RESIDENT 电话 标签")]
pub struct Confirm {
    /// 资料编号，或只找到一户的词 / the record's id, or words that find only one household
    record: String,
    /// 其中条目的编号，然后写项目；不写即全部 / the id of an entry in it, then fields [default: all]
    #[arg(value_name = "ENTRY|FIELD")]
    fields: Vec<String>,
}

impl Confirm {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let record = phone.record(household(phone, &self.record)?)?;
        let (entry, names) = match self.fields.split_first() {
            Some((first, rest)) if id(first).is_ok() => (Some(id(first)?), rest),
            _ => (None, &self.fields[..]),
        };
        let (before, declared) = place(&record, entry)?;
        let mut paths = Vec::new();
        for name in names {
            let field = declared.iter().find(|f| f.key == name || f.label.zh == name || f.label.en == name);
            paths.push(before.clone() + field.map_or(name.as_str(), |field| field.key));
        }
        if names.is_empty() && !before.is_empty() {
            paths.push(before.trim_end_matches('/').to_owned());
        }
        let outcome = phone.run(Confirmed { record: record.id, paths, seen: serde_json::Map::new() })?;
        screen.recorded(&outcome, "已核对", "confirmed")
    }
}

/// How the paths of a record or of an entry in it begin, and its fields.
fn place(record: &RecordView, entry: Option<Id>) -> Result<(String, &'static [Field])> {
    let kind = kinds::by_name(&record.kind).ok_or_else(|| Error::internal("kind"))?;
    let Some(entry) = entry else { return Ok((String::new(), kind.fields)) };
    let found = record.entries.iter().find(|e| e.id == entry).and_then(|e| kind.entries.iter().find(|declared| declared.key == e.entries));
    let declared = found.ok_or_else(|| Error::not_found("没有找到这一项，可能尚未同步", "no such entry on this device; it may not have been synced yet"))?;
    Ok((format!("{}/{entry}/", declared.key), declared.fields))
}
