//! What waits to be sent, in words.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::{CHANGES_OF, HELD, Phone, UNSENT, membership};
use crate::commands::Command;
use crate::dictionary::Label;
use crate::documents::Doc;
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::kinds::{self, COMMANDS, Input};
use crate::store::{from_json, load};

/// A page of what waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnsentPage {
    /// The commands, newest first.
    pub rows: Vec<UnsentView>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// A command that the hub has not answered yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnsentView {
    /// The command's id.
    pub id: Id,
    /// What it is, by its stable name.
    pub command: String,
    /// What it is, in Chinese: 新增住户, 走访.
    pub zh: String,
    /// What it is, in English.
    pub en: String,
    /// The document that it is about or made.
    pub document: Id,
    /// What that is called: a household's address, a report's title, of a visit or a photo that of what it is about; empty if
    /// it has no name here.
    pub title: String,
    /// Who recorded it (a person's id).
    pub by: Id,
    /// Their name, empty if not known here.
    pub by_name: String,
    /// When it was run, in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether the person signed in can take it back.
    pub can_take_back: bool,
    /// Whether it waits until the hub is upgraded.
    pub held: bool,
}

impl Phone {
    /// What waits to be sent, newest first, at most `limit` (1 to 200) at once. `after` is what the page before ended with.
    pub fn unsent(&self, after: Option<&str>, limit: u32) -> Result<UnsentPage> {
        let before = after.map_or(Ok(i64::MAX), |n| n.parse().map_err(|_| Error::malformed("page")))?;
        let limit = limit.clamp(1, 200) as usize;
        self.store.read(|c| {
            let sql = format!("SELECT n FROM ({UNSENT}) WHERE n < ?1 ORDER BY n DESC LIMIT ?2");
            let mut found = c.prepare_cached(&sql)?.query_map(params![before, limit + 1], |r| r.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
            let more = found.len() > limit;
            found.truncate(limit);
            let next = found.last().filter(|_| more).map(ToString::to_string);
            Ok(UnsentPage { rows: found.into_iter().map(|n| unsent_view(c, n)).collect::<Result<_>>()?, next })
        })
    }
}

/// The unsent command in row `n`.
pub(crate) fn unsent_view(connection: &Connection, n: i64) -> Result<UnsentView> {
    let (body, held): (String, bool) = connection
        .prepare_cached("SELECT body, coalesce(reason = ?2, 0) FROM commands WHERE n = ?1")?
        .query_row(params![n, HELD], |r| Ok((r.get(0)?, r.get(1)?)))?;
    let command: Command = from_json(&body)?;
    let document: Id =
        connection.prepare_cached(&format!("SELECT doc FROM changes WHERE {CHANGES_OF} AND taken = 0 ORDER BY n LIMIT 1"))?.query_row([n], |r| r.get(0))?;
    let doc = load(connection, document)?;
    let Label { zh, en } = COMMANDS.iter().find(|c| c.code == command.input.name()).map_or(Label { zh: "", en: "" }, |c| c.label);
    let (zh, en) = of_kind(&command.input, doc.as_ref()).unwrap_or_else(|| (zh.to_owned(), en.to_owned()));
    let by_name = connection.prepare_cached("SELECT coalesce(max(name), '') FROM persons WHERE doc = ?1")?.query_row([command.by], |r| r.get(0))?;
    let own = membership(connection, Some(&command.tenant)).is_ok_and(|member| member.person == command.by);
    Ok(UnsentView {
        id: command.id,
        command: command.input.name().to_owned(),
        zh,
        en,
        document,
        title: doc.map_or(Ok(String::new()), |doc| title(connection, &doc, 3))?,
        by: command.by,
        by_name,
        at: command.stamp.at,
        can_take_back: own && why_not_taken_back(connection, n, &command)?.is_none(),
        held,
    })
}

/// Why the unsent command in row `n` cannot be taken back; `None` if it can.
pub(crate) fn why_not_taken_back(connection: &Connection, n: i64, command: &Command) -> Result<Option<Error>> {
    if matches!(command.input, Input::AnchorTimes(_)) {
        return Ok(Some(Error::invalid("时间校准由本机自动完成，不能收回", "the phone verifies times by itself; that is not taken back")));
    }
    if connection.prepare_cached("SELECT closed FROM commands WHERE n = ?1")?.query_row([n], |r| r.get(0))? {
        return Ok(Some(Error::invalid("这条记录可能已经送出，不能收回，请直接修改", "this record may have left the phone; correct it instead")));
    }
    Ok(None)
}

/// What the dictionary's own commands are called, by the kind of record or entry that they are about.
fn of_kind(input: &Input, doc: Option<&Doc>) -> Option<(String, String)> {
    let doc = doc?;
    let kind = kinds::by_name(doc.kind().name)?;
    let record = (kind.rules.zh, kind.name.replace('_', " "));
    let entry = |key: &str| kind.entries.iter().find(|e| e.key == key).map(|e| (e.label.zh, e.label.en.to_owned()));
    let ((zh, en), adds) = match input {
        Input::AddRecord(_) => (record, true),
        Input::AddEntry(add) => (entry(&add.entries)?, true),
        Input::EditRecord(edit) => {
            let within = edit.entry.and_then(|id| kind.entries.iter().find(|e| doc.tree().entries(e.key).any(|(key, _)| key == id.to_string())));
            (within.map_or(record, |e| (e.label.zh, e.label.en.to_owned())), false)
        }
        _ => return None,
    };
    Some((format!("{}{zh}", if adds { "新增" } else { "修改" }), format!("{} {en}", if adds { "add" } else { "edit" })))
}

/// What a document is called; what has no name is called by what it is about, at most so many steps away.
fn title(connection: &Connection, doc: &Doc, steps: u32) -> Result<String> {
    let tree = doc.tree();
    let named = [doc.kind().title, "title", "name"].into_iter().filter(|key| !key.is_empty()).map(|key| tree.text(key)).find(|text| !text.is_empty());
    if let Some(text) = named {
        return Ok(text.to_owned());
    }
    let about = ["household", "activity", "about", "record"].into_iter().find_map(|key| tree.id(key));
    match about.filter(|_| steps > 0).map_or(Ok(None), |id| load(connection, id))? {
        Some(doc) => title(connection, &doc, steps - 1),
        None => Ok(String::new()),
    }
}
