//! How values are shown: as data for forms and `--json`, and in words.

use serde::Serialize;

use super::{Data, Field, Type};
use crate::documents::{CONFIRMED, Map, Value};

/// A field of a record with its value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldValue {
    /// The field's key. One that this version does not know has no label; it is shown as it is.
    pub key: String,
    /// What people call it.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// The value as data: a code, a number, a text, the words of tags, `{"lat": …, "lon": …}` in degrees.
    pub value: serde_json::Value,
    /// The value in words.
    pub text: String,
    /// The value in English words, where they differ.
    pub text_en: String,
    /// Whether it is folded until it is asked for. What is not known counts as sensitive.
    pub sensitive: bool,
}

/// The fields of a record or entry that have a value, in the order of their declaration, then those that `tree` holds beside
/// them: a newer gridwalk's. `beside` are keys that are no fields.
pub fn shown(fields: &[Field], tree: &Map, beside: &[&str]) -> Vec<FieldValue> {
    let known = fields.iter().filter_map(|field| field.shown(tree));
    let is_known = |key: &str| fields.iter().any(|f| f.holds(key));
    let is_stamp =
        |key: &str| ["by", "at", "boot", "since_boot", "removed"].contains(&key) || ["start:", "late:", CONFIRMED].iter().any(|begin| key.starts_with(begin));
    let rest = tree.iter().filter(|e| !is_known(&e.key) && !is_stamp(&e.key) && !beside.contains(&e.key.as_str()));
    let rest = rest.filter(|e| *e.node.value() != Value::Null).map(|e| FieldValue::unknown(&e.key, e.node.value()));
    known.chain(rest).collect()
}

impl FieldValue {
    /// What stands under a key that nobody here knows.
    pub(crate) fn unknown(key: &str, value: &Value) -> Self {
        let value = value.to_json();
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Self { key: key.to_owned(), zh: String::new(), en: String::new(), text_en: text.clone(), value, text, sensitive: true }
    }
}

impl Field {
    /// The field with its value in `tree`; `None` if it has none.
    pub fn shown(&self, tree: &Map) -> Option<FieldValue> {
        self.shown_values(&self.column_values(tree).collect::<Vec<_>>())
    }

    /// The field with the value that its columns hold; `None` if it has none.
    pub fn shown_values(&self, values: &[Value]) -> Option<FieldValue> {
        let (value, text, text_en) = match (self.ty, values) {
            (Type::Tags, [Value::Text(words), ..]) if !words.is_empty() => {
                let text = words.replace(' ', "、");
                (words.split(' ').collect::<Vec<_>>().into(), text.clone(), text)
            }
            (Type::Position, [Value::Int(lat), Value::Int(lon), ..]) => {
                let (lat, lon) = (degrees(*lat), degrees(*lon));
                let text = format!("{lat:.6},{lon:.6}");
                (serde_json::json!({"lat": lat, "lon": lon}), text.clone(), text)
            }
            (Type::Tags | Type::Position, _) | (_, [] | [Value::Null, ..]) => return None,
            (_, [Value::Text(text), ..]) if text.is_empty() => return None,
            (Type::Flag, [Value::Int(n), ..]) => return self.shown_values(&[Value::Bool(*n != 0)]),
            (_, [value, ..]) => {
                let (zh, en) = self.words_of(value);
                (value.to_json(), zh, en)
            }
        };
        let sensitive = self.data == Data::Sensitive;
        Some(FieldValue { key: self.key.into(), zh: self.label.zh.into(), en: self.label.en.into(), value, text, text_en, sensitive })
    }

    /// A value of one column in words, Chinese and English. A code that this version does not know is shown as it is.
    pub fn words_of(&self, value: &Value) -> (String, String) {
        let same = |text: String| (text.clone(), text);
        match (self.ty, value) {
            (Type::Choice(codes), Value::Text(code)) => match codes.iter().find(|c| c.code == code) {
                Some(known) => (known.label.zh.into(), known.label.en.into()),
                None => same(code.clone()),
            },
            (Type::Number { unit, .. }, Value::Int(n)) => (format!("{n}{}", unit.zh), format!("{n} {}", unit.en).trim_end().to_owned()),
            (Type::Money, Value::Int(fen)) => (format!("{}元", yuan(*fen)), format!("{} yuan", yuan(*fen))),
            (Type::Minutes, Value::Int(n)) => (format!("{n}分钟"), format!("{n} min")),
            (Type::Time | Type::PastTime, Value::Int(at)) => same(crate::clock::beijing(*at)),
            (_, Value::Bool(true)) => ("是".into(), "yes".into()),
            (_, Value::Bool(false)) => ("否".into(), "no".into()),
            (_, Value::Int(n)) => same(n.to_string()),
            (_, Value::Text(text)) => same(text.clone()),
            (_, Value::Null) => same(String::new()),
        }
    }
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

#[expect(clippy::cast_precision_loss)]
fn degrees(millionths: i64) -> f64 {
    // Positions are far below 2⁵³.
    millionths as f64 / 1e6
}
