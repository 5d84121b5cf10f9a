//! Records of every kind by the dictionary: the same `add` and `edit` for all of them, a record with its fields, and lists by
//! the orders and filters that a kind declares. What a kind does beside (record a visit, add a step) has commands of its own.

mod add;
mod checked;
mod confirm;
mod edit;
mod flags;
mod form;
mod further;
mod own;
mod queries;
mod read;

pub use add::{AddEntry, AddRecord};
pub use checked::checked;
pub use confirm::Confirm;
pub use edit::EditRecord;
pub(crate) use flags::{entry_flags, flags};
pub use form::{Choice, EntriesForm, FieldView, KindView, NamedForm, dictionary, known_to};
pub(crate) use further::Further;
pub use own::{OwnFieldView, given_for, own_fields, settled};
pub(crate) use own::{open_keys, own_values, room, words_at};
pub(crate) use queries::value;
pub use queries::{EntryView, Filter, ListPage, ListQuery, ListRow, NamedView, RecordView, list, named, record};

use crate::commands::Edit;
use crate::dictionary::Field;
use crate::documents::Value;
use crate::error::{Error, Result};

/// A value as forms and files give it.
pub type Json = serde_json::Value;
/// Values of fields by their keys.
pub type JsonMap = serde_json::Map<String, Json>;

/// Values of fields by their keys, of `json!({…})`; what is no object is none.
pub fn fields(json: Json) -> JsonMap {
    match json {
        Json::Object(map) => map,
        _ => JsonMap::new(),
    }
}

/// The first flaw is told; a form asks for the next when it is mended.
fn first(flaws: Vec<Error>) -> Error {
    flaws.into_iter().next().unwrap_or_else(|| Error::internal("no flaw"))
}

/// What is given for the fields of a new record that a command of its own makes, as the values to write.
///
/// # Errors
/// The first that is wrong or lacking, naming its field.
pub(crate) fn read_new_fields(declared: &[Field], given: &JsonMap, edit: &mut Edit<'_>) -> Result<Vec<(String, Value)>> {
    read::read_new(declared, given, &[], &mut read::Against::command(edit)).map_err(first)
}
