//! What people, forms and files give for a field, checked by its type, as the values that are written.

use jiff::civil::Date;

use super::{Json, JsonMap};
use crate::commands::{Edit, check_name, check_note, check_position, check_text, check_time};
use crate::dictionary::own::is_key;
use crate::dictionary::{Code, Field, Label, Named, Type};
use crate::documents::{Kind, Value, Written};
use crate::error::{Error, Result};
use crate::households::{check_phone, check_tag};
use crate::ids::Id;
use crate::places::spot;
use crate::text::day::{DayFault, china_day, day};
use crate::text::one_form;

/// What a value is held against: the day that nothing past is later than, and the documents that it may refer to. A file is checked
/// before it is known what it refers to: then `edit` is none, and places and references are not looked at.
pub(super) struct Against<'e, 'a> {
    today: Date,
    now: i64,
    edit: Option<&'e mut Edit<'a>>,
}

impl<'e, 'a> Against<'e, 'a> {
    /// A command that runs.
    pub(super) fn command(edit: &'e mut Edit<'a>) -> Self {
        Self { today: china_day(edit.stamp().at), now: edit.stamp().at, edit: Some(edit) }
    }

    /// A day alone.
    pub(super) fn day(today: Date) -> Self {
        Self { today, now: i64::MAX, edit: None }
    }

    /// Whether what a field of this type refers to can be looked at.
    fn looks_at(&self, ty: Type) -> bool {
        self.edit.is_some() || !matches!(ty, Type::Place | Type::Reference(_) | Type::Entry { .. })
    }
}

/// Reads what is given for `fields`. `entries` are keys that are no fields and are read by the caller. The community's own fields are written as
/// they are given: what they may hold was looked at then, and a command that runs again goes by that.
///
/// # Errors
/// All that is wrong, each naming its field; nothing is to be written then.
pub(super) fn read_all(fields: &[Field], given: &JsonMap, entries: &[&str], against: &mut Against<'_, '_>) -> std::result::Result<Written, Vec<Error>> {
    let mut written = Written::new();
    let mut flaws = Vec::new();
    for (key, json) in given.iter().filter(|(key, _)| !entries.contains(&key.as_str())) {
        let field = fields.iter().find(|f| f.key == key && f.is_written());
        let own = || as_given(json).filter(|_| is_key(key)).map(|value| vec![(key.clone(), value)]);
        match field.map_or_else(|| own().ok_or_else(|| unknown(key)), |field| read(field, json, given, against)) {
            Ok(values) => written.extend(values),
            Err(flaw) => flaws.push(flaw.in_field(key)),
        }
    }
    if flaws.is_empty() { Ok(written) } else { Err(flaws) }
}

/// The same of a new record or entry, which also lacks nothing that is required.
pub(super) fn read_new(fields: &[Field], given: &JsonMap, entries: &[&str], against: &mut Against<'_, '_>) -> std::result::Result<Written, Vec<Error>> {
    let lacks = |field: &&Field| field.required && against.looks_at(field.ty) && given.get(field.key).is_none_or(is_empty);
    let lacking: Vec<&Field> = fields.iter().filter(lacks).collect();
    let mut flaws: Vec<Error> = lacking.iter().map(|field| empty(field).in_field(field.key)).collect();
    match read_all(fields, given, entries, against) {
        Ok(mut written) if flaws.is_empty() => {
            // Tags that are taken away from something new were never there.
            written.retain(|(key, value)| *value != Value::Bool(false) || !key.contains(':') || is_key(key));
            Ok(written)
        }
        Ok(_) => Err(flaws),
        Err(more) => {
            flaws.extend(more.into_iter().filter(|flaw| lacking.iter().all(|field| flaw.field() != Some(field.key))));
            Err(flaws)
        }
    }
}

fn is_empty(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        Json::Array(all) => all.is_empty(),
        _ => false,
    }
}

pub(super) fn unknown(key: &str) -> Error {
    Error::invalid(format!("没有“{key}”这一项"), format!("there is no field {key}"))
}

fn empty(field: &Field) -> Error {
    Error::invalid(format!("{}不能为空", field.label.zh), format!("{} must not be empty", field.label.en))
}

/// Reads values that are named by what they are for, as `CONTAINER/NAME`: an object of names with values, or a list of names for
/// those that are yes or no.
pub(super) fn read_named(named: &Named, json: &Json, against: &mut Against<'_, '_>) -> Result<Written> {
    let (field, mut written) = (named.field(), Written::new());
    let given: Vec<(String, Json)> = match json {
        Json::Null => Vec::new(),
        Json::Object(all) => all.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        Json::Array(all) => all.iter().map(|name| Ok((text(&field, name)?, true.into()))).collect::<Result<_>>()?,
        _ => return Err(Error::invalid(format!("{}须是列表", named.label.zh), format!("{} must be a list", named.key)).in_field(named.key)),
    };
    for (name, value) in given {
        let one = || {
            let name = match named.names {
                Type::Tags => check_tag(&name)?,
                Type::Reference(kinds) => {
                    let id = id(&field, &Json::String(name))?;
                    if let Some(edit) = against.edit.as_deref_mut() {
                        edit.state_of_any(id, kinds, named.label.zh, named.label.en)?;
                    }
                    id.to_string()
                }
                _ => check_text(&name, named.label.zh, named.label.en)?,
            };
            let (_, value) = read(&field, &value, &JsonMap::new(), against)?.into_iter().next().ok_or_else(|| Error::internal("no value"))?;
            Ok((format!("{}/{name}", named.key), value))
        };
        written.push(one().map_err(|flaw: Error| flaw.in_field(named.key))?);
    }
    Ok(written)
}

/// The container and the name of a value that [`read_named`] gave.
pub(super) fn named_key<'a>(kind: &Kind, key: &'a str) -> Option<(&'a str, &'a str)> {
    key.split_once('/').filter(|(container, _)| kind.named.iter().any(|named| named.key == *container))
}

/// What is given for one field, as the values to write; `beside` is what else is given.
pub(super) fn read(field: &Field, json: &Json, beside: &JsonMap, against: &mut Against<'_, '_>) -> Result<Written> {
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
            let text = check_name(&text(field, json)?, zh, en)?;
            at_most(field, &text, most)?;
            one(text.as_str().into())
        }
        Type::Note(most) => {
            let text = check_note(&text(field, json)?, zh, en)?;
            at_most(field, &text, most)?;
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
        Type::Date => one(a_day(field, &text(field, json)?, None)?.to_string().as_str().into()),
        Type::PastDate => one(a_day(field, &text(field, json)?, Some(against.today))?.to_string().as_str().into()),
        Type::Time | Type::PastTime => {
            let at = moment(json).ok_or_else(|| Error::invalid(format!("{zh}不正确，请写作“2026-03-02 08:30”"), format!("{en} is not a possible time")))?;
            let at = check_time(at, zh, en)?;
            if field.ty == Type::PastTime && at > against.now {
                return Err(Error::invalid(format!("{zh}不能晚于现在"), format!("{en} cannot be later than now")));
            }
            one(at.into())
        }
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
            let Some(edit) = against.edit.as_deref_mut() else { return Ok(Written::new()) };
            let spot = spot(edit, id(field, json)?)?;
            Ok(vec![(field.key.into(), spot.grid.into()), ("micro_grid".into(), spot.micro_grid.map_or(Value::Null, Value::from))])
        }
        Type::MicroGrid => Err(unknown(field.key)),
        Type::Category => one(check_text(&text(field, json)?, zh, en)?.as_str().into()),
        Type::Entry { of, entries } => {
            let Some(edit) = against.edit.as_deref_mut() else { return Ok(Written::new()) };
            let id = id(field, json)?;
            let record = beside.get(of).and_then(Json::as_str).and_then(|text| text.parse().ok());
            let record = record.ok_or_else(|| Error::invalid(format!("{zh}须与其所属资料一起填写"), format!("{en} is given together with its {of}")))?;
            if !edit.state_of_any(record, &[], zh, en)?.present(entries, &id.to_string()) {
                return Err(Error::not_found(format!("没有找到{zh}，可能尚未同步"), format!("no such {en} on this device; it may not have been synced yet")));
            }
            one(id.into())
        }
        Type::Reference(kinds) => {
            let Some(edit) = against.edit.as_deref_mut() else { return Ok(Written::new()) };
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

fn at_most(field: &Field, text: &str, most: usize) -> Result<()> {
    let Label { zh, en } = field.label;
    if text.chars().count() <= most { Ok(()) } else { Err(Error::invalid(format!("{zh}最多{most}个字"), format!("{en} takes at most {most} characters"))) }
}

/// A value of an own field that was settled, as it is written: which it may be, its definition said when it was given.
pub(super) fn as_given(json: &Json) -> Option<Value> {
    match json {
        Json::Null => Some(Value::Null),
        Json::Bool(yes) => Some((*yes).into()),
        Json::String(text) => Some(text.as_str().into()),
        Json::Number(number) => number.as_i64().map(Value::from),
        _ => None,
    }
}

/// A moment as seconds since the Unix epoch (UTC), or as people write it, by China's time.
fn moment(json: &Json) -> Option<i64> {
    whole(json).or_else(|| crate::clock::parse_beijing(json.as_str()?.trim()))
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
    let text = one_form(text);
    let found = codes.iter().find(|c| c.code == text || c.label.zh == text || c.label.en.eq_ignore_ascii_case(&text));
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

/// A day in any of the usual forms; not later than `last`.
fn a_day(field: &Field, text: &str, last: Option<Date>) -> Result<Date> {
    let Label { zh, en } = field.label;
    let (why_zh, why_en) = match day(text) {
        Ok(day) if last.is_some_and(|last| day > last) => ("晚于今天，请核对", "is later than today"),
        Ok(day) if day.year() < 1850 => ("早于1850年，请核对", "is before 1850"),
        Ok(day) if day.year() > 2199 => ("晚于2199年，请核对", "is after 2199"),
        Ok(day) => return Ok(day),
        Err(DayFault::Impossible) => ("不存在：日历上没有这一天，请核对", "does not exist: the calendar has no such day"),
        Err(DayFault::Partial) => ("只有年或年月，请补全到日，如“1950-03-08”，不清楚就留空", "lacks its day; complete it, as 1950-03-08, or leave it empty"),
        Err(DayFault::Unreadable) => ("认不出，请按“1950-03-08”填写", "cannot be read; write it as 1950-03-08"),
    };
    Err(Error::invalid(format!("{zh}{why_zh}"), format!("the {en} {why_en}")))
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
