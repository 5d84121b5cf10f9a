//! What screens ask about reports.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use serde::Serialize;

use super::process::PROCESS;
use crate::cases::{Story, story};
use crate::documents::Proof;
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::search::Wanted;

/// A report with its folded status.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportView {
    /// The report.
    pub id: Id,
    /// What it is about.
    pub title: String,
    /// All there is to say.
    pub detail: String,
    /// The code of its category.
    pub category: String,
    /// The category's name, its three levels joined by `/`; empty if the community's list does not have it.
    pub category_name: String,
    /// 一般, 较急 or 紧急.
    pub urgency: String,
    /// Its number where it was imported from.
    pub number: String,
    /// The grid it concerns (a place's id), empty if it names none.
    pub place: String,
    /// The name of that grid, empty if not known here.
    pub place_name: String,
    /// Where, as its source says it; empty if it does not.
    pub address: String,
    /// Who raised it (a person's id).
    pub by: String,
    /// The name of who raised it, empty if not known here.
    pub by_name: String,
    /// When, by the best time known; in seconds since the Unix epoch (UTC).
    pub at: i64,
    /// Whether no hub has confirmed that time.
    pub unanchored: bool,
    /// Whether none ever will: it is not later than the hub received it, and that is all that is known.
    pub unknowable: bool,
    /// The code of its status.
    pub status: String,
    /// Since when it has that status.
    pub status_since: i64,
    /// Who has it now, as a code of [`Holder`](crate::cases::Holder); empty once it is closed or declined.
    pub holder: String,
    /// Of one that units have, the unit that leads (its id).
    pub lead: String,
    /// The name of that unit, empty if not known here.
    pub lead_name: String,
    /// The name of the unit that led first: it stays responsible (首问负责), handed on or not. Empty if none did, or it is not known here.
    pub first_asked_name: String,
    /// When the street last pressed (督办) without an answer since, in seconds since the Unix epoch (UTC).
    pub supervised_at: Option<i64>,
    /// How many notes came since it was closed or declined, and nobody has answered for yet.
    pub notes_since: i64,
    /// Photos of it.
    pub photos: i64,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
    /// Whether a field of it holds several values that people set at the same time.
    pub conflict: bool,
    /// Where it stands in its list: the next page begins after the last one's.
    pub key: String,
}

/// Which reports a list shows, by how far they have come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stage {
    /// Those that someone is to act on: neither closed nor declined, or with notes since. Oldest first.
    #[default]
    Open,
    /// Those that are closed or declined, newest first.
    Closed,
    /// All, newest first.
    All,
}

/// Which reports a list shows; what is empty or `None` leaves nothing out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReportFilter {
    /// How far they have come.
    pub stage: Stage,
    /// The code of their status.
    pub status: String,
    /// The code of their category.
    pub category: String,
    /// The month in which they were raised, by China's time: `2026-03`.
    pub month: String,
    /// Words that all stand in their title, number, address or detail; titles also by pinyin.
    pub text: String,
    /// Who raised them.
    pub by: Option<Id>,
    /// The grid they concern.
    pub place: Option<Id>,
}

const COLUMNS: &str = "r.doc, coalesce(r.title, ''), coalesce(r.detail, ''), coalesce(r.category, ''),
    coalesce((SELECT c.path FROM categories c WHERE c.entry = r.category), ''), coalesce(r.urgency, ''), coalesce(r.number, ''), coalesce(r.place, ''),
    coalesce((SELECT g.name FROM places g WHERE g.doc = r.place), ''), coalesce(r.address, ''), coalesce(r.by, ''),
    coalesce((SELECT p.name FROM persons p WHERE p.doc = r.by), ''), coalesce(r.at, 0), r.status, coalesce(r.status_since, 0),
    coalesce(r.holder, ''),
    coalesce(r.lead, ''), coalesce((SELECT u.name FROM units u WHERE u.doc = r.lead), ''), coalesce(r.notes_since, 0),
    (SELECT count(*) FROM photos f WHERE f.record = r.doc AND coalesce(f.removed, 0) = 0),
    EXISTS (SELECT 1 FROM changes x WHERE x.doc = r.doc AND x.taken = 0), EXISTS (SELECT 1 FROM conflicts x WHERE x.doc = r.doc), coalesce(r.unanchored, 1),
    coalesce((SELECT u.name FROM units u WHERE u.doc = r.first_asked), ''), r.supervised_at";

fn view(r: &Row<'_>) -> rusqlite::Result<ReportView> {
    let (id, at): (Id, i64) = (r.get(0)?, r.get(12)?);
    Ok(ReportView {
        id,
        title: r.get(1)?,
        detail: r.get(2)?,
        category: r.get(3)?,
        category_name: r.get(4)?,
        urgency: r.get(5)?,
        number: r.get(6)?,
        place: r.get(7)?,
        place_name: r.get(8)?,
        address: r.get(9)?,
        by: r.get(10)?,
        by_name: r.get(11)?,
        at,
        status: r.get(13)?,
        status_since: r.get(14)?,
        holder: r.get(15)?,
        lead: r.get(16)?,
        lead_name: r.get(17)?,
        first_asked_name: r.get(23)?,
        supervised_at: r.get(24)?,
        notes_since: r.get(18)?,
        photos: r.get(19)?,
        unsent: r.get(20)?,
        conflict: r.get(21)?,
        unanchored: r.get(22)?,
        unknowable: r.get::<_, i64>(22)? == Proof::Unknowable as i64,
        key: format!("{at}:{id}"),
    })
}

/// The reports of `filter`, at most `limit`, from behind the one whose key is `after`.
///
/// # Errors
/// `invalid` if the month is none or the key is of no list.
pub fn reports(connection: &Connection, filter: &ReportFilter, after: Option<&str>, limit: u32) -> Result<Vec<ReportView>> {
    let mut such = Such::default();
    match filter.stage {
        Stage::Open => such.conditions.push("(r.holder <> '' OR r.notes_since > 0)".into()),
        Stage::Closed => such.conditions.push("r.holder = ''".into()),
        Stage::All => {}
    }
    for (column, wanted) in [("r.status", &filter.status), ("r.category", &filter.category)] {
        if !wanted.is_empty() {
            such.add(column, "=", wanted.clone());
        }
    }
    for (column, wanted) in [("r.by", filter.by), ("r.place", filter.place)] {
        if let Some(id) = wanted {
            such.add(column, "=", id.to_string());
        }
    }
    if !filter.month.is_empty() {
        let (from, until) = month_span(&filter.month)?;
        such.add("r.at", ">=", from);
        such.add("r.at", "<", until);
    }
    let (order, behind) = if filter.stage == Stage::Open { ("ASC", ">") } else { ("DESC", "<") };
    if let Some(key) = after {
        let (at, id) = parse_key(key)?;
        let (at, id) = (such.value(at), such.value(id.to_string()));
        such.conditions.push(format!("(coalesce(r.at, 0), r.doc) {behind} ({at}, {id})"));
    }
    such.conditions.push("1".into());
    let wanted = Wanted::parse(&filter.text);
    let sql = format!("SELECT {COLUMNS} FROM reports r WHERE {} ORDER BY coalesce(r.at, 0) {order}, r.doc {order}", such.conditions.join(" AND "));
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(such.values))?;
    let mut found = Vec::new();
    while found.len() < limit as usize
        && let Some(row) = rows.next()?
    {
        let report = view(row)?;
        if wanted.all_in(&[&report.title], &[&report.number, &report.address, &report.detail]) {
            found.push(report);
        }
    }
    Ok(found)
}

/// Conditions of a query with the values that they name.
#[derive(Default)]
struct Such {
    conditions: Vec<String>,
    values: Vec<Sql>,
}

impl Such {
    /// The place of this value in the query.
    fn value(&mut self, value: impl Into<Sql>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    fn add(&mut self, column: &str, compared: &str, value: impl Into<Sql>) {
        let value = self.value(value);
        self.conditions.push(format!("{column} {compared} {value}"));
    }
}

/// The first second of a month by China's time, and of the next one.
fn month_span(month: &str) -> Result<(i64, i64)> {
    let china = TimeZone::fixed(Offset::constant(8));
    let first = format!("{}-01", month.trim()).parse::<Date>().ok().filter(|_| month.trim().len() == 7);
    let span = first.and_then(|first| {
        let start = |day: Date| day.to_zoned(china.clone()).ok().map(|t| t.timestamp().as_second());
        Some((start(first)?, start(first.checked_add(1.month()).ok()?)?))
    });
    span.ok_or_else(|| Error::invalid("月份请写作“年-月”，如 2026-03", "write a month as YYYY-MM, such as 2026-03"))
}

fn parse_key(key: &str) -> Result<(i64, Id)> {
    let parts = key.split_once(':').and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
    parts.ok_or_else(|| Error::invalid("翻页位置不正确，请从第一页开始", "no such place in the list; begin with its first page"))
}

/// The report `id` with how it went, as seen at `now` (seconds since the Unix epoch, UTC).
pub fn report(connection: &Connection, id: Id, now: i64) -> Result<Option<(ReportView, Story)>> {
    let Some(found) = row(connection, id)? else { return Ok(None) };
    Ok(Some((found, story(connection, &PROCESS, id, now)?)))
}

/// The row of report `id`.
pub(super) fn row(connection: &Connection, id: Id) -> Result<Option<ReportView>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM reports r WHERE r.doc = ?1"))?;
    Ok(statement.query_row([id], view).optional()?)
}
