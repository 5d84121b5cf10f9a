//! Records of every kind, by the dictionary: list, add, edit, and what `show` says of them. Fields, labels and choices come from
//! the core; nothing here names one.

use std::path::PathBuf;

use clap::Args;
use gridwalk_core::dictionary::{Entries, Field, FieldValue, Named, Type};
use gridwalk_core::documents::Kind;
use gridwalk_core::kinds::KINDS;
use gridwalk_core::records::{AddEntry, AddRecord, EditRecord, Filter, JsonMap, ListQuery, OwnFieldView, RecordView};
use gridwalk_core::{Error, Id, Phone};
use serde_json::{Value, json};

use super::lookup::own_grid;
use super::workbook;
use crate::failure::{Failure, Result};
use crate::screen::{Screen, Style, Tone, cell, toned};
use crate::values::id;

/// 列出某类资料 / List the records of a kind
#[derive(Debug, Args)]
pub struct List {
    /// 哪类资料，如 住户；写成工作簿的也可以是居民等条目 / the kind, such as household; of a workbook also entries, such as residents
    kind: String,
    /// 排列方式 / the order
    #[arg(long, value_name = "ORDER", default_value = "", hide_default_value = true)]
    order: String,
    /// 只列出 项目=内容，可重复 / only those with FIELD=VALUE; may be repeated
    #[arg(long = "only", value_name = "FIELD=VALUE")]
    only: Vec<String>,
    /// 从哪里接着列，见上一页末尾 / where to go on: what the page before ended with
    #[arg(long, value_name = "NEXT")]
    after: Option<String>,
    /// 最多显示多少条 / at most so many
    #[arg(long, value_name = "N", default_value_t = 30)]
    limit: u32,
    /// 全部写成工作簿（.xlsx，尚不存在），改后用 import 导回 / all of it as a new workbook, which import brings back
    #[arg(long, value_name = "FILE", conflicts_with_all = ["order", "after", "limit"])]
    to: Option<PathBuf>,
}

impl List {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        if let Some(to) = &self.to {
            return workbook::write(phone, screen, &self.kind, &self.only, to);
        }
        let kind = kind_named(&self.kind)?;
        let filters = pairs(phone, kind.name, kind.fields, &[], &self.only)?;
        let filters = filters.into_iter().map(|(field, value)| Filter { field, value: value.as_str().map_or_else(|| value.to_string(), str::to_owned) });
        let query = ListQuery { order: self.order, filters: filters.collect(), after: self.after, limit: self.limit };
        let page = phone.list(kind.name, &query)?;
        let own = phone.own_fields()?;
        screen.answer(&json!(page), |s| {
            if page.rows.is_empty() {
                return s.text("没有这样的资料 / no such record", Tone::Dim);
            }
            let shown = kind.fields.iter().filter(|f| f.listed).map(|f| (f.key, f.label.zh, f.label.en));
            // Of the community's own those that a row of the page has.
            let has = |key: &str| page.rows.iter().any(|row| row.fields.iter().any(|v| v.key == key));
            let own = own.iter().filter(|own| own.of == kind.name && has(&own.field.key)).map(|own| (&*own.field.key, &*own.field.zh, &*own.field.en));
            let shown: Vec<(&str, &str, &str)> = shown.chain(own).collect();
            let mut heads: Vec<String> = shown.iter().map(|(_, zh, en)| format!("{zh} {en}")).collect();
            heads.push("编号 Id".into());
            let mut table = s.table(&heads.iter().map(String::as_str).collect::<Vec<_>>());
            for row in &page.rows {
                let text = |key: &str| row.fields.iter().find(|v| v.key == key).map_or("", |v| v.text.as_str());
                let mut cells: Vec<_> = shown.iter().map(|(key, ..)| cell(text(key))).collect();
                cells.push(toned(row.id, Tone::Dim));
                table.add_row(cells);
            }
            let next = page.next.as_ref().map_or(String::new(), |next| s.text(format!("\n还有更多 / more: --after '{next}'"), Tone::Dim));
            table.to_string() + &next
        })
    }
}

/// 新增一份资料，或在一份资料中新增一条 / Add a record, or an entry to one
#[derive(Debug, Args)]
#[command(after_help = "\
例 / Examples:
  gridwalk add 住户 住址=人民路12号3栋502 走访周期=30
  gridwalk add 居民 HOUSEHOLD 姓名=王秀英 出生日期=1944-05-01 标签=独居老人,低保")]
pub struct Add {
    /// 哪类资料，如 住户、居民 / what, such as household, resident
    kind: String,
    /// 居民等条目先写所属资料的编号，然后写 项目=内容 / of an entry the id of its record, then FIELD=VALUE
    #[arg(required = true, value_name = "FIELD=VALUE")]
    values: Vec<String>,
}

impl Add {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        if let Some((_, entries)) = entries_named(&self.kind) {
            let (ids, values) = split(&self.values)?;
            let [record] = ids[..] else {
                return Err(Failure::usage("请先写所属资料的编号，再写“项目=内容”", "write the id of its record first, then FIELD=VALUE"));
            };
            let fields = pairs(phone, entries.key, entries.fields, &[], values)?;
            let outcome = phone.run(AddEntry { record, entries: entries.key.to_owned(), fields })?;
            return screen.recorded(&outcome, &format!("已新增{}", entries.label.zh), &format!("{} added", entries.label.en));
        }
        let kind = kind_named(&self.kind)?;
        let mut fields = pairs(phone, kind.name, kind.fields, kind.named, &self.values)?;
        if let Some(place) = kind.fields.iter().find(|f| f.ty == Type::Place && f.required).filter(|f| !fields.contains_key(f.key))
            && let Some(own) = own_grid(phone)?
        {
            fields.insert(place.key.to_owned(), own.to_string().into());
        }
        let outcome = phone.run(AddRecord { kind: kind.name.to_owned(), fields })?;
        screen.recorded(&outcome, &format!("已新增{}", kind.rules.zh), &format!("{} added", kind.name))
    }
}

/// 修改资料；没有写的项目不变，写“项目=”清空 / Edit a record; what is not given stays, FIELD= takes a value away
#[derive(Debug, Args)]
#[command(after_help = "\
例 / Examples:
  gridwalk edit HOUSEHOLD 状态=空置
  gridwalk edit HOUSEHOLD RESIDENT 电话=13900005678 标签=+独居老人,-低保")]
pub struct Edit {
    /// 资料编号，其中条目的编号，然后写 项目=内容 / the record's id, that of an entry in it, then FIELD=VALUE
    #[arg(required = true, value_name = "ID|FIELD=VALUE")]
    values: Vec<String>,
}

impl Edit {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let (ids, values) = split(&self.values)?;
        let (record, entry) = match ids[..] {
            [record] => (record, None),
            [record, entry] => (record, Some(entry)),
            _ => return Err(Failure::usage("请先写资料的编号，再写“项目=内容”", "write the record's id first, then FIELD=VALUE")),
        };
        if values.is_empty() {
            return Err(Failure::usage("请给出要修改的内容，请用 --help 查看用法", "say what to change; see --help"));
        }
        let view = phone.record(record)?;
        let kind = kind_named(&view.kind)?;
        let entries = entry.and_then(|entry| {
            let container = view.entries.iter().find(|e| e.id == entry).map(|e| e.entries.as_str());
            // An entry that is not here is told by the command itself.
            kind.entries.iter().find(|e| Some(e.key) == container).or_else(|| kind.entries.first())
        });
        let (of, declared, named) = match (entry, entries) {
            (None, _) => (kind.name, kind.fields, kind.named),
            (Some(_), Some(entries)) => (entries.key, entries.fields, &[][..]),
            (Some(_), None) => ("", &[][..], &[][..]),
        };
        let fields = pairs(phone, of, declared, named, values)?;
        let outcome = phone.run(EditRecord { record, entry, fields })?;
        screen.recorded(&outcome, &format!("已修改{}", kind.rules.zh), &format!("{} edited", kind.name))
    }
}

/// 对一份资料现在可以做什么 / What you may do to a record now
#[derive(Debug, Args)]
pub struct Actions {
    /// 资料编号 / the record's id
    #[arg(value_parser = id)]
    record: Id,
}

impl Actions {
    pub fn run(self, phone: &Phone, screen: &Screen) -> Result {
        let kind = kind_named(&phone.record(self.record)?.kind)?;
        let actions = phone.actions(self.record)?;
        let own = phone.own_fields()?;
        screen.answer(&json!(actions), |s| {
            if actions.is_empty() {
                return s.text("只能查看 / to be read only", Tone::Dim);
            }
            let mut table = s.table(&["可以做 Action", "项目 Fields", "命令 Command"]);
            for action in &actions {
                let entries = kind.entries.iter().find(|e| e.key == action.what);
                let words = |key: &String| {
                    let path = if entries.is_some() { format!("{}/-/{key}", action.what) } else { key.clone() };
                    let of = entries.map_or(kind.name, |e| e.key);
                    own.iter().find(|own| own.of == of && own.field.key == *key).map_or_else(|| kind.words_at(&path).0, |own| own.field.zh.clone())
                };
                let fields: Vec<String> = action.fields.iter().map(words).collect();
                table.add_row([cell(format!("{} / {}", action.zh, action.en)), cell(fields.join("、")), toned(&action.command, Tone::Dim)]);
            }
            table.to_string()
        })
    }
}

/// A record in words.
pub fn record_text(s: Style, record: &RecordView) -> String {
    let line = |f: &FieldValue| format!("{}：{}", if f.zh.is_empty() { &f.key } else { &f.zh }, f.text);
    let mut text = format!("{} {}", s.text(&record.title, Tone::Bold), s.text(record.id, Tone::Dim));
    for field in &record.fields {
        text += &format!("\n{}", s.text(line(field), Tone::Plain));
    }
    for entry in &record.entries {
        let fields: Vec<String> = entry.fields.iter().map(line).collect();
        text += &format!("\n{} {}", s.text(fields.join(" · "), Tone::Plain), s.text(entry.id, Tone::Dim));
    }
    for named in &record.named {
        text += &format!("\n{}：{} {}", s.text(&named.value.zh, Tone::Plain), named.called, named.value.text);
    }
    text
}

/// The kind of a stable name or of what people call it.
pub fn kind_named(name: &str) -> Result<&'static Kind> {
    let found = KINDS.iter().find(|k| k.name == name || k.rules.zh == name || k.rules.zh.split('、').any(|part| part == name));
    found.copied().ok_or_else(|| {
        let all: Vec<String> = KINDS.iter().filter(|k| !k.fields.is_empty()).map(|k| format!("{}（{}）", k.rules.zh, k.name)).collect();
        Error::invalid(format!("没有“{name}”这类资料，可用的有：{}", all.join("、")), format!("there is no kind {name}")).into()
    })
}

fn entries_named(name: &str) -> Option<(&'static Kind, &'static Entries)> {
    let all = KINDS.iter().flat_map(|kind| kind.entries.iter().map(move |entries| (*kind, entries)));
    all.into_iter().find(|(_, e)| e.key == name || e.label.zh == name || e.label.en == name)
}

/// The ids that stand first, and the rest.
fn split(values: &[String]) -> Result<(Vec<Id>, &[String])> {
    let at = values.iter().position(|v| v.contains(['=', '＝'])).unwrap_or(values.len());
    let ids = values[..at].iter().map(|text| id(text)).collect::<gridwalk_core::Result<Vec<_>>>()?;
    Ok((ids, &values[at..]))
}

/// `FIELD=VALUE`, the field by its key or by what people call it, one of the community's own too (`of` is the kind or the entries); a place or another record by its name or id. Values that are named
/// by what they are for are `FIELD=NAME:VALUE`, those that are yes or no `FIELD=NAME,NAME`.
pub fn pairs(phone: &Phone, of: &str, declared: &[Field], named: &[Named], values: &[String]) -> Result<JsonMap> {
    let mut fields = JsonMap::new();
    for text in values {
        let (name, value) =
            text.split_once(['=', '＝']).ok_or_else(|| Error::invalid(format!("“{text}”请写作“项目=内容”"), format!("write {text} as FIELD=VALUE")))?;
        let (name, mut value) = (name.trim(), value.trim().to_owned());
        if let Some(named) = named.iter().find(|n| n.key == name || n.label.zh == name || n.label.en == name) {
            let given = match (named.ty, value.split_once([':', '：'])) {
                (Type::Flag, _) => json!(value.split([',', '，', '、']).collect::<Vec<_>>()),
                (_, Some((of, value))) => json!({of: value}),
                (_, None) => {
                    let label = named.label;
                    return Err(Error::invalid(format!("{0}请写作“{0}=名称:内容”", label.zh), format!("write {} as NAME:VALUE", label.en)).into());
                }
            };
            match (fields.get_mut(named.key), given) {
                (Some(Value::Object(all)), Value::Object(more)) => all.extend(more),
                (_, given) => drop(fields.insert(named.key.to_owned(), given)),
            }
            continue;
        }
        let found = declared.iter().find(|f| f.is_written() && (f.key == name || f.label.zh == name || f.label.en == name));
        // The community's own: the phone checks it by its definition.
        let own = phone.own_fields()?;
        let is_own = |own: &&OwnFieldView| own.of == of && [&own.field.key, &own.field.zh, &own.field.en].into_iter().any(|called| called == name);
        if let Some(own) = own.iter().find(is_own).filter(|_| found.is_none()) {
            fields.insert(own.field.key.clone(), value.into());
            continue;
        }
        let field = found.ok_or_else(|| {
            let own = || own.iter().filter(|own| own.of == of && !own.closed);
            let all: Vec<&str> = declared.iter().filter(|f| f.is_written()).map(|f| f.label.zh).chain(own().map(|own| &*own.field.zh)).collect();
            let keys: Vec<&str> = declared.iter().filter(|f| f.is_written()).map(|f| f.key).chain(own().map(|own| &*own.field.key)).collect();
            Error::invalid(format!("没有“{name}”这一项，可用的有：{}", all.join("、")), format!("there is no field {name}; there are {}", keys.join(", ")))
        })?;
        let kinds: &[&str] = match field.ty {
            Type::Place => &["place"],
            Type::Reference(kinds) => kinds,
            _ => &[],
        };
        if !kinds.is_empty() && id(&value).is_err() {
            let named = kinds.iter().map(|kind| phone.named(kind, &value, 2)).collect::<gridwalk_core::Result<Vec<_>>>()?.concat();
            match named[..] {
                [only] => value = only.to_string(),
                [] => {}
                _ => return Err(Error::invalid(format!("有多个叫“{value}”，请写编号"), format!("several are called {value}; write the id")).into()),
            }
        }
        fields.insert(field.key.to_owned(), value.into());
    }
    Ok(fields)
}
