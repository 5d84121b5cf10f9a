//! Rows of residents' messages with the authorities' answers.

use gridwalk_core::documents::hash_text;
use gridwalk_core::identity::cipher::sha256;
use jiff::tz::Offset;

use super::fields::{one_line, paragraphs};
use super::kept::Kept;
use super::rejects::{Place, Reason, Reject};
use super::stamp::Stamp;
use super::table::{RowReader, Table};

/// A clock may run ahead by this much (seconds) before a time counts as later than now.
const AHEAD: i64 = 86_400;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number in the system that it comes from; empty where the file only counts its rows.
    pub number: String,
    /// What tells it from all other messages: its number, or without one a digest of who asked what and when. A row's number in
    /// its file is neither: the next file begins at 1 again.
    pub key: String,
    /// Who wrote it, as the file names them; absent when anonymous.
    pub reporter: Option<String>,
    /// Its title.
    pub title: String,
    /// Its text.
    pub detail: String,
    /// When it was written.
    pub raised_at: Stamp,
    /// The answer; absent while nobody has answered.
    pub answer: Option<String>,
    /// When it was answered. Absent without an answer, and where the file has an answer but leaves its time empty: the
    /// answer is real, and a time must not be made up.
    pub answered_at: Option<Stamp>,
    /// Who answered.
    pub answered_by: Option<String>,
    /// The name of its category.
    pub category: Option<String>,
    /// Where the matter is.
    pub place: Option<String>,
}

/// Reads the messages of a table. `now` (Unix seconds) is what no time may be later than.
pub fn read(file: &str, table: &Table<'_>, offset: Offset, now: i64, kept: &mut Kept<Message>) -> Vec<Reject> {
    let mut rejects = Vec::new();
    for mut row in table.rows(offset) {
        let place = row.place();
        if row.is_whole()
            && let Some(message) = message(&mut row, now)
            && let Err((key, reason)) = keep(message, &place, kept)
        {
            row.problem(key, reason);
        }
        let problems = row.into_problems();
        if !problems.is_empty() {
            rejects.push(Reject::new(file, &place, &problems));
        }
    }
    rejects
}

fn keep(message: Message, place: &Place, kept: &mut Kept<Message>) -> Result<(), (&'static str, Reason)> {
    let numbered = !message.number.is_empty();
    kept.keep(&message.key.clone(), place.clone(), message).map_err(|earlier| match numbered {
        true => ("number", Reason::Repeated(earlier)),
        false => ("detail", Reason::SameMessage(earlier)),
    })
}

/// The message of a row, or `None` when the row has problems.
fn message(row: &mut RowReader<'_>, now: i64) -> Option<Message> {
    let number = if row.counts_rows("number") { String::new() } else { row.number("number") };
    let reporter = row.optional_text("reporter", one_line);
    let title = row.text("title", one_line);
    let raised_at = row.time("raised_at");
    let detail = row.text("detail", paragraphs);
    let answer = row.optional_text("answer", paragraphs);
    let answered_at = row.optional_time("answered_at");
    let answered_by = row.optional_text("answered_by", one_line);
    let category = row.optional_text("category", one_line);
    let place = row.optional_text("place", one_line);
    for (key, time) in [("raised_at", raised_at), ("answered_at", answered_at)] {
        if time.is_some_and(|time| time.at > now + AHEAD) {
            row.problem(key, Reason::Future);
        }
    }
    if let (Some(raised), Some(answered)) = (raised_at, answered_at)
        && is_before(answered, raised)
    {
        row.problem("answered_at", Reason::AnsweredTooEarly);
    }
    // Of an answer that is there but was refused, its own reason is enough.
    if row.is_good() && answer.is_none() && answered_at.is_some() {
        row.problem("answer", Reason::AnswerMissing);
    }
    let key = if number.is_empty() { content_key(raised_at, reporter.as_deref(), &title, &detail) } else { number.clone() };
    let message = Message { number, key, reporter, title, detail, raised_at: raised_at?, answer, answered_at, answered_by, category, place };
    row.is_good().then_some(message)
}

/// Who asked what and when, as a digest: the key lies in a table that outlives the message's erasure.
fn content_key(raised_at: Option<Stamp>, reporter: Option<&str>, title: &str, detail: &str) -> String {
    let text = format!("{raised_at:?}\n{reporter:?}\n{title}\n{detail}");
    format!("content:{}", hash_text(&sha256(text.as_bytes())))
}

/// Whether `answered` is surely before `raised`. Where one of them is a whole day, it is before only when that day has
/// passed: a question of 10:03 can be answered on the same day.
fn is_before(answered: Stamp, raised: Stamp) -> bool {
    let end = if answered.day_only { answered.at + 86_400 - 1 } else { answered.at };
    end < raised.at
}
