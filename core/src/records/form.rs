//! The dictionary as data: what forms, lists and generic screens are drawn from.

use serde::Serialize;

use crate::dictionary::{Code, Data, Field, Label, Named, Type};
use crate::documents::Added;
use crate::kinds::KINDS;
use crate::versions::Dictionary;

/// A kind as forms and lists see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KindView {
    /// The stable name.
    pub kind: String,
    /// What people call it.
    pub zh: String,
    /// Whether `add` makes its records.
    pub is_added: bool,
    /// The stable name of the command that makes them instead; empty if there is none.
    pub add_command: String,
    /// The field that a record is named by.
    pub title: String,
    /// The orders that lists are offered in, the usual one first.
    pub orders: Vec<Choice>,
    /// The fields that lists are filtered by.
    pub filters: Vec<String>,
    /// The fields, in the order of forms.
    pub fields: Vec<FieldView>,
    /// The entries within a record.
    pub entries: Vec<EntriesForm>,
    /// The values within a record that are named by what they are for.
    pub named: Vec<NamedForm>,
}

/// Values named by what they are for, as forms see them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NamedForm {
    /// What names a value: `tags` for a tag, `reference` for a document's id, `text` for a code.
    pub names: String,
    /// The kinds of documents that name a value.
    pub refers_to: Vec<String>,
    /// Whether `edit` writes them; others have commands of their own.
    pub is_edited: bool,
    /// A value; its key is the container's.
    pub value: FieldView,
}

/// Entries within a record, as forms see them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntriesForm {
    /// The key of the container.
    pub key: String,
    /// What people call one.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// Whether `add` makes one.
    pub is_added: bool,
    /// The stable name of the command that makes one instead; empty if there is none.
    pub add_command: String,
    /// The fields of one.
    pub fields: Vec<FieldView>,
}

/// A field as forms see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldView {
    /// The key.
    pub key: String,
    /// What people call it.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// What it means, where the label does not say it all.
    pub help_zh: String,
    /// The same in English.
    pub help_en: String,
    /// The type's stable name: `text`, `note`, `choice`, `tags`, `number`, `money`, `date`, `past_date`, `time`, `past_time`,
    /// `minutes`, `telephone`, `position`, `place`, `micro_grid`, `reference`, `entry`, `category`, `flag`.
    pub kind: String,
    /// The most characters of a text, or the greatest number.
    pub most: Option<i64>,
    /// The least number.
    pub least: Option<i64>,
    /// What is counted.
    pub unit_zh: String,
    /// The same in English.
    pub unit_en: String,
    /// The choices.
    pub choices: Vec<Choice>,
    /// The kinds that it may refer to.
    pub refers_to: Vec<String>,
    /// Whether no record is made without it.
    pub required: bool,
    /// Whether it stays as it was first written.
    pub once: bool,
    /// Whether people write it by itself.
    pub written: bool,
    /// Whether it is personal; sensitive fields are too.
    pub personal: bool,
    /// Whether it is folded until it is asked for.
    pub sensitive: bool,
    /// Whether records are found by it.
    pub searched: bool,
    /// Whether rows of lists show it.
    pub listed: bool,
}

/// A code with what people call it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    /// The stable code.
    pub code: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// The dictionary: every kind.
pub fn dictionary() -> Vec<KindView> {
    known_to(&Dictionary::OURS)
}

/// The dictionary as far as `hub` knows it: nothing else is to be offered.
pub fn known_to(hub: &Dictionary) -> Vec<KindView> {
    let fields = |kind: &str, fields: &[Field]| -> Vec<FieldView> {
        fields.iter().filter(|f| f.since <= hub.number && hub.knows(kind, f.key)).map(|f| field(f, hub)).collect()
    };
    let view = |kind: &&crate::documents::Kind| KindView {
        kind: kind.name.into(),
        zh: kind.rules.zh.into(),
        is_added: kind.added == Added::Add,
        add_command: command(kind.added),
        title: kind.title.into(),
        orders: kind.orders.iter().map(|o| choice(o.key, o.label)).collect(),
        filters: kind.filters.iter().map(|f| (*f).to_owned()).collect(),
        fields: fields(kind.name, kind.fields),
        entries: kind
            .entries
            .iter()
            .map(|e| EntriesForm {
                key: e.key.into(),
                zh: e.label.zh.into(),
                en: e.label.en.into(),
                is_added: e.added == Added::Add,
                add_command: command(e.added),
                fields: fields("", e.fields),
            })
            .collect(),
        named: kind.named.iter().filter(|n| n.since <= hub.number && hub.knows(kind.name, n.key)).map(|n| named(n, hub)).collect(),
    };
    KINDS.iter().filter(|kind| hub.knows(kind.name, "")).map(view).filter(|kind| !kind.fields.is_empty() || !kind.named.is_empty()).collect()
}

fn command(added: Added) -> String {
    if let Added::Command(command) = added { command.into() } else { String::new() }
}

fn named(named: &Named, hub: &Dictionary) -> NamedForm {
    let names = field(&Field::new(named.key, named.label.zh, named.label.en, named.names, named.roles), hub);
    NamedForm { names: names.kind, refers_to: names.refers_to, is_edited: named.is_edited, value: field(&named.field(), hub) }
}

fn choice(code: &str, label: Label) -> Choice {
    Choice { code: code.into(), zh: label.zh.into(), en: label.en.into() }
}

pub(super) fn field(field: &Field, hub: &Dictionary) -> FieldView {
    let length = |n: usize| i64::try_from(n).ok();
    let no_unit = Label { zh: "", en: "" };
    let (kind, least, most, unit): (&str, _, _, _) = match field.ty {
        Type::Text(n) => ("text", None, length(n), no_unit),
        Type::Note(n) => ("note", None, length(n), no_unit),
        Type::Choice(_) => ("choice", None, None, no_unit),
        Type::Tags => ("tags", None, None, no_unit),
        Type::Number { unit, min, max } => ("number", Some(min), Some(max), unit),
        Type::Money => ("money", Some(0), None, Label { zh: "元", en: "yuan" }),
        Type::Date => ("date", None, None, no_unit),
        Type::PastDate => ("past_date", None, None, no_unit),
        Type::Time => ("time", None, None, no_unit),
        Type::PastTime => ("past_time", None, None, no_unit),
        Type::Minutes => ("minutes", Some(0), Some(24 * 60), Label { zh: "分钟", en: "min" }),
        Type::Telephone => ("telephone", None, None, no_unit),
        Type::Position => ("position", None, None, no_unit),
        Type::Place => ("place", None, None, no_unit),
        Type::MicroGrid => ("micro_grid", None, None, no_unit),
        Type::Reference(_) => ("reference", None, None, no_unit),
        Type::Entry { .. } => ("entry", None, None, no_unit),
        Type::Category => ("category", None, None, no_unit),
        Type::Flag => ("flag", None, None, no_unit),
    };
    let codes: &[Code] = if let Type::Choice(codes) = field.ty { codes } else { &[] };
    let refers_to: &[&str] = if let Type::Reference(kinds) = field.ty { kinds } else { &[] };
    FieldView {
        key: field.key.into(),
        zh: field.label.zh.into(),
        en: field.label.en.into(),
        help_zh: field.help.zh.into(),
        help_en: field.help.en.into(),
        kind: kind.into(),
        most,
        least,
        unit_zh: unit.zh.into(),
        unit_en: unit.en.into(),
        choices: codes.iter().filter(|c| c.since <= hub.number).map(|c| choice(c.code, c.label)).collect(),
        refers_to: refers_to.iter().map(|k| (*k).to_owned()).collect(),
        required: field.required,
        once: field.is_once(),
        written: field.is_written(),
        personal: field.data != Data::Plain,
        sensitive: field.data == Data::Sensitive,
        searched: field.searched,
        listed: field.listed,
    }
}
