use jiff::civil::Date;

use super::add::{NewRecord, read_record};
use super::read::Against;
use super::{Json, JsonMap};
use crate::dictionary::{Field, Type};
use crate::documents::{Value, Written};
use crate::error::Error;
use crate::kinds;

/// The same values of a new record with every one in its one form, for a file that is checked before it comes in. What it refers to
/// is not looked at, and left out. `today` is what no past day is later than.
///
/// # Errors
/// Everything that is wrong with it, each error with its field (`residents[1].phone`).
pub fn checked(kind: &str, given: &JsonMap, today: Date) -> Result<JsonMap, Vec<Error>> {
    let kind = kinds::by_name(kind).ok_or_else(|| vec![Error::internal("unknown kind")])?;
    let NewRecord { root, entries } = read_record(kind, given, &mut Against::day(today))?;
    let mut all = as_json(kind.fields, &root);
    for declared in kind.entries {
        let of_it = entries.iter().filter(|(of, _)| of.key == declared.key).map(|(_, written)| as_json(declared.fields, written).into());
        all.insert(declared.key.to_owned(), Json::Array(of_it.collect()));
    }
    Ok(all)
}

/// What is written, as it could have been given.
fn as_json(fields: &[Field], written: &Written) -> JsonMap {
    let at = |key: &str| written.iter().find(|(k, _)| k == key).map(|(_, value)| value);
    let mut all = JsonMap::new();
    for field in fields {
        let json = match field.ty {
            Type::Tags => {
                written.iter().filter(|(_, value)| *value == Value::Bool(true)).filter_map(|(key, _)| key.strip_prefix(&field.word_key(""))).collect()
            }
            #[expect(clippy::cast_precision_loss)]
            Type::Position => match (at("lat"), at("lon")) {
                (Some(Value::Int(lat)), Some(Value::Int(lon))) => serde_json::json!({"lat": *lat as f64 / 1e6, "lon": *lon as f64 / 1e6}),
                _ => Json::Null,
            },
            _ => at(field.key).map_or(Json::Null, Value::to_json),
        };
        all.insert(field.key.to_owned(), json);
    }
    all
}
