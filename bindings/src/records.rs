//! Records of every kind, by the dictionary: forms, lists, a record with its fields, `add` and `edit`.

use gridwalk_core::actions::ActionView;
use gridwalk_core::dictionary::FieldValue;
use gridwalk_core::records::{
    AddEntry, AddRecord, Choice, EditRecord, EntriesForm, EntryView, FieldView, Filter, KindView, ListPage, ListQuery, ListRow, NamedForm, NamedView,
    OwnFieldView, RecordView,
};

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::values::{Id, Json, JsonMap};

/// A field of a record with its value.
#[uniffi::remote(Record)]
pub struct FieldValue {
    /// The field's key. One that this version does not know has no label; it is shown as it is.
    pub key: String,
    /// What people call it.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// The value as data, in JSON: a code, a number, a text, the words of tags, `{"lat": …, "lon": …}` in degrees.
    pub value: Json,
    /// The value in words.
    pub text: String,
    /// The value in English words, where they differ.
    pub text_en: String,
    /// Whether it is folded until it is asked for.
    pub sensitive: bool,
}

/// A record with its fields.
#[uniffi::remote(Record)]
pub struct RecordView {
    /// The record.
    pub id: Id,
    /// Its kind's stable name.
    pub kind: String,
    /// What it is named by.
    pub title: String,
    /// Who recorded it (a person's id).
    pub by: String,
    /// When, as the record says; seconds since the Unix epoch (UTC).
    pub at: i64,
    /// The fields that have a value, in the order of the dictionary; then those that this version does not know.
    pub fields: Vec<FieldValue>,
    /// Its entries, in the order they were recorded.
    pub entries: Vec<EntryView>,
    /// Its values that are named by what they are for.
    pub named: Vec<NamedView>,
    /// Whether something of it waits to be sent.
    pub unsent: bool,
    /// Whether people set a field of it differently at the same time.
    pub conflict: bool,
}

/// An entry of a record: a resident of a household.
#[uniffi::remote(Record)]
pub struct EntryView {
    /// The entry's id.
    pub id: Id,
    /// The key of its container: `residents`.
    pub entries: String,
    /// Its fields.
    pub fields: Vec<FieldValue>,
}

/// A value that is named by what it is for: the rhythm of a tag, a member of a circle.
#[uniffi::remote(Record)]
pub struct NamedView {
    /// What names it, as it is kept: a tag, a code, a document's id.
    pub name: String,
    /// What people call that.
    pub called: String,
    /// The value; its key is the container's.
    pub value: FieldValue,
}

/// What a list shows.
#[uniffi::remote(Record)]
pub struct ListQuery {
    /// The order's stable name; empty for the usual one.
    #[uniffi(default = "")]
    pub order: String,
    /// Fields with the value that they must have: a code, an id.
    #[uniffi(default = [])]
    pub filters: Vec<Filter>,
    /// Where to go on: what the page before ended with.
    #[uniffi(default = None)]
    pub after: Option<String>,
    /// At most so many.
    #[uniffi(default = 50)]
    pub limit: u32,
}

/// A field with the value that it must have.
#[uniffi::remote(Record)]
pub struct Filter {
    /// The field's key.
    pub field: String,
    /// A code or an id.
    pub value: String,
}

/// A page of a list.
#[uniffi::remote(Record)]
pub struct ListPage {
    /// The records.
    pub rows: Vec<ListRow>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// A record in a list, with the fields that lists show.
#[uniffi::remote(Record)]
pub struct ListRow {
    /// The record.
    pub id: Id,
    /// What it is named by.
    pub title: String,
    /// The fields that lists show and that have a value.
    pub fields: Vec<FieldValue>,
    /// Whether something of it waits to be sent.
    pub unsent: bool,
    /// Whether people set a field of it differently at the same time.
    pub conflict: bool,
}

/// A kind as forms and lists see it.
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
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

/// A field of a community's own, as forms see it.
#[uniffi::remote(Record)]
pub struct OwnFieldView {
    /// The kind of the records that have it, or the key of the entries that have it: `household`, `residents`.
    pub of: String,
    /// Whether nobody writes it any more: what stands there is shown.
    pub closed: bool,
    /// The field.
    pub field: FieldView,
}

/// A code with what people call it.
#[uniffi::remote(Record)]
pub struct Choice {
    /// The stable code.
    pub code: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// Something that may be done to a record.
#[uniffi::remote(Record)]
pub struct ActionView {
    /// The command's stable name: `records.edit`, `reports.step`.
    pub command: String,
    /// Which of what the command does: a step's code, the key of entries; empty if it does one thing.
    pub what: String,
    /// What people call it.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// The fields that it writes, of an edit or of a new entry.
    pub fields: Vec<String>,
}

/// The dictionary: every kind.
#[uniffi::export]
pub fn dictionary() -> Vec<KindView> {
    gridwalk_core::records::dictionary()
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// The fields that the communities on this phone have of their own, closed ones too. They are given to `add` and `edit` under their
    /// keys, beside those of the dictionary.
    pub async fn own_fields(&self) -> Result<Vec<OwnFieldView>> {
        self.call(|core| core.own_fields()).await
    }

    /// A record of any kind with its fields.
    pub async fn record(&self, id: Id) -> Result<RecordView> {
        self.call(move |core| core.record(id)).await
    }

    /// What the person signed in may do to a record now.
    pub async fn actions(&self, id: Id) -> Result<Vec<ActionView>> {
        self.call(move |core| core.actions(id)).await
    }

    /// A page of the records of a kind.
    pub async fn list(&self, kind: String, query: ListQuery) -> Result<ListPage> {
        self.call(move |core| core.list(&kind, &query)).await
    }

    /// Adds a record. `fields` is a JSON object: values by field, and lists of such for its entries. The outcome's value is
    /// its id; an error names the field that it is about.
    #[uniffi::method(default(command_id = None))]
    pub async fn add_record(&self, kind: String, fields: JsonMap, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, AddRecord { kind, fields }).await
    }

    /// Adds an entry to a record. `fields` is a JSON object. The outcome's value is the entry's id.
    #[uniffi::method(default(command_id = None))]
    pub async fn add_entry(&self, record: Id, entries: String, fields: JsonMap, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, AddEntry { record, entries, fields }).await
    }

    /// Edits fields of a record, or of an entry in it; what is not given stays, an empty value takes one away, of tags each
    /// word is given (`+低保`) or taken away (`-低保`) by itself. The outcome's value is the id of what was edited.
    #[uniffi::method(default(entry = None, command_id = None))]
    pub async fn edit_record(&self, record: Id, fields: JsonMap, entry: Option<Id>, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, EditRecord { record, entry, fields }).await
    }
}
