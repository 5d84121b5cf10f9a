//! What people, forms and files give for a field, checked by its type, as the values that are written.

use super::{Json, JsonMap};
use crate::clock::beijing_day;
use crate::commands::{Edit, check_note, check_position, check_text};
use crate::dictionary::{Code, Field, Label, Type};
use crate::documents::Value;
use crate::error::{Error, Result};
use crate::households::{check_phone, check_tag};
use crate::ids::Id;
use crate::places::spot;

/// Keys of a document with the values to write there; [`Value::Null`] for none.
pub(super) type Written = Vec<(String, Value)>;

/// Reads what is given for `fields`. `entries` are keys that are no fields and are read by the caller.
///
/// # Errors
/// All that is wrong, each naming its field; nothing is to be written then.
pub(super) fn read_all(fields: &[Field], given: &JsonMap, entries: &[&str], edit: &mut Edit<'_>) -> std::result::Result<Written, Vec<Error>> {
    let mut written = Written::new();
    let mut flaws = Vec::new();
    for (key, json) in given.iter().filter(|(key, _)| !entries.contains(&key.as_str())) {
        let field = fields.iter().find(|f| f.key == key && f.is_written());
        let read = field.map_or_else(|| Err(unknown(key)), |field| read(field, json, edit));
        match read {
            Ok(values) => written.extend(values),
            Err(flaw) => flaws.push(flaw.of_field(key)),
        }
    }
    if flaws.is_empty() { Ok(written) } else { Err(flaws) }
}

/// What a new record or entry lacks: its required fields that nothing is given for.
pub(super) fn lacking(fields: &[Field], given: &JsonMap) -> Vec<Error> {
    let lacks = |field: &&Field| field.required && given.get(field.key).is_none_or(is_empty);
    fields.iter().filter(lacks).map(|field| empty(field).of_field(field.key)).collect()
}

fn is_empty(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        Json::Array(all) => all.is_empty(),
        _ => false,
    }
}

fn unknown(key: &str) -> Error {
    Error::invalid(format!("没有“{key}”这一项"), format!("there is no field {key}"))
}

fn empty(field: &Field) -> Error {
    Error::invalid(format!("{}不能为空", field.label.zh), format!("{} must not be empty", field.label.en))
}

/// What is given for one field, as the values to write.
fn read(field: &Field, json: &Json, edit: &mut Edit<'_>) -> Result<Written> {
    let one = |value: Value| Ok(vec![(field.key.to_owned(), value)]);
    let Label { zh, en } = field.label;
    if is_empty(json) && !matches!(field.ty, Type::Tags) {
        return match field.ty {
            _ if field.required => Err(empty(field)),
            Type::Position => Ok(vec![("lat".into(), Value::Null), ("lon".into(), Value::Null)]),
            _ => one(Value::Null),
        };
    }
    match field.ty {
        Type::Text(most) => {
            let text = check_text(&text(field, json)?, zh, en)?;
            if text.chars().count() > most {
                return Err(Error::invalid(format!("{zh}最多{most}个字"), format!("{en} takes at most {most} characters")));
            }
            one(text.as_str().into())
        }
        Type::Note(most) => {
            let text = check_note(&text(field, json)?, zh, en)?;
            if text.chars().count() > most {
                return Err(Error::invalid(format!("{zh}最多{most}个字"), format!("{en} takes at most {most} characters")));
            }
            one(text.as_str().into())
        }
        Type::Choice(codes) => one(choice(field, codes, &text(field, json)?)?.code.into()),
        Type::Tags => tags(field, json),
        Type::Number { unit, min, max } => match whole(json) {
            Some(number) if (min..=max).contains(&number) => one(number.into()),
            _ => Err(Error::invalid(
                format!("{zh}须是{min}到{max}{}的整数", unit.zh),
                format!("{en} must be a whole number from {min} to {max} {}", unit.en).trim_end(),
            )),
        },
        Type::Money => {
            let fen = fen(json).ok_or_else(|| Error::invalid(format!("{zh}须是金额，如“12.50”"), format!("{en} must be an amount, such as 12.50")))?;
            one(fen.into())
        }
        Type::Date | Type::PastDate => {
            let day = day(field, &text(field, json)?)?;
            if field.ty == Type::PastDate && beijing_day(edit.stamp().at).is_some_and(|today| day > today) {
                return Err(Error::invalid(format!("{zh}不能晚于今天"), format!("{en} must not be in the future")));
            }
            one(day.to_string().as_str().into())
        }
        Type::Time => match whole(json) {
            Some(at) => one(crate::commands::check_time(at, zh, en)?.into()),
            None => Err(Error::invalid(format!("{zh}不正确"), format!("{en} is not a possible time"))),
        },
        Type::Minutes => match whole(json) {
            Some(minutes) if (0..=24 * 60).contains(&minutes) => one(minutes.into()),
            _ => Err(Error::invalid(format!("{zh}不能超过24小时"), format!("{en} is at most 24 hours"))),
        },
        Type::Telephone => one(check_phone(&text(field, json)?)?.as_str().into()),
        Type::Position => {
            let (lat, lon) = position(json).ok_or_else(|| Error::invalid(format!("{zh}不正确"), format!("{en} is not a position")))?;
            let (lat, lon) = check_position(Some(lat), Some(lon))?.unwrap_or_default();
            Ok(vec![("lat".into(), lat.into()), ("lon".into(), lon.into())])
        }
        Type::Place => {
            let spot = spot(edit, id(field, json)?)?;
            Ok(vec![(field.key.into(), spot.grid.into()), ("micro_grid".into(), spot.micro_grid.map_or(Value::Null, Value::from))])
        }
        Type::MicroGrid => Err(unknown(field.key)),
        Type::Reference(kinds) => {
            let id = id(field, json)?;
            edit.state_of_any(id, kinds, zh, en)?;
            one(id.into())
        }
        Type::Flag => {
            let yes = match json {
                Json::Bool(yes) => Some(*yes),
                Json::String(word) if ["是", "yes", "true"].contains(&word.trim()) => Some(true),
                Json::String(word) if ["否", "no", "false"].contains(&word.trim()) => Some(false),
                _ => None,
            };
            one(yes.ok_or_else(|| Error::invalid(format!("{zh}只能是：是、否"), format!("{en} is yes or no")))?.into())
        }
    }
}

fn text(field: &Field, json: &Json) -> Result<String> {
    match json {
        Json::String(text) => Ok(text.clone()),
        Json::Number(number) => Ok(number.to_string()),
        _ => Err(Error::invalid(format!("{}须是文字", field.label.zh), format!("{} must be text", field.label.en))),
    }
}

/// A choice by its code or by what people call it.
fn choice(field: &Field, codes: &'static [Code], text: &str) -> Result<&'static Code> {
    let text = text.trim();
    let found = codes.iter().find(|c| c.code == text || c.label.zh == text || c.label.en.eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        let zh: Vec<&str> = codes.iter().map(|c| c.label.zh).collect();
        let en: Vec<&str> = codes.iter().map(|c| c.label.en).collect();
        Error::invalid(format!("{}只能是：{}", field.label.zh, zh.join("、")), format!("{} is one of {}", field.label.en, en.join(", ")))
    })
}

/// Words to give and, with a `-` before them, to take away: a list, or a text with commas or blanks between them.
fn tags(field: &Field, json: &Json) -> Result<Written> {
    let words: Vec<String> = match json {
        Json::Null => Vec::new(),
        Json::Array(all) => all.iter().map(|word| text(field, word)).collect::<Result<_>>()?,
        _ => text(field, json)?.split([',', '，', '、', ' ', '　', ';', '；']).filter(|w| !w.is_empty()).map(str::to_owned).collect(),
    };
    let write = |word: &String| {
        let word = word.trim();
        let (word, given) = match word.strip_prefix(['-', '－']) {
            Some(word) => (word, false),
            None => (word.strip_prefix(['+', '＋']).unwrap_or(word), true),
        };
        Ok((field.word_key(&check_tag(word)?), given.into()))
    };
    words.iter().map(write).collect()
}

fn whole(json: &Json) -> Option<i64> {
    json.as_i64().or_else(|| json.as_str()?.trim().parse().ok())
}

/// Yuan with at most two decimals, in hundredths.
fn fen(json: &Json) -> Option<i64> {
    let text = match json {
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.trim().trim_end_matches('元').to_owned(),
        _ => return None,
    };
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |s: &str| s.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || part.len() > 2 || !digits(whole) || !digits(part) {
        return None;
    }
    Some(whole.parse::<i64>().ok()? * 100 + format!("{part:0<2}").parse::<i64>().ok()?)
}

fn day(field: &Field, text: &str) -> Result<jiff::civil::Date> {
    let possible = |d: &jiff::civil::Date| (1850..=2199).contains(&d.year());
    text.trim().parse().ok().filter(possible).ok_or_else(|| {
        Error::invalid(
            format!("{}不是有效的日期，请按“1950-03-08”填写", field.label.zh),
            format!("{} is not a day that exists; write it as 1950-03-08", field.label.en),
        )
    })
}

/// Degrees as `{"lat": …, "lon": …}` or `"32.65,110.79"`.
fn position(json: &Json) -> Option<(f64, f64)> {
    match json {
        Json::Object(map) => map.get("lat")?.as_f64().zip(map.get("lon")?.as_f64()),
        Json::String(text) => {
            let (lat, lon) = text.split_once([',', '，'])?;
            lat.trim().parse().ok().zip(lon.trim().parse().ok())
        }
        _ => None,
    }
}

fn id(field: &Field, json: &Json) -> Result<Id> {
    let id = json.as_str().and_then(|text| text.parse().ok());
    id.ok_or_else(|| Error::invalid(format!("{}须填编号", field.label.zh), format!("{} must be an id", field.label.en)))
}
