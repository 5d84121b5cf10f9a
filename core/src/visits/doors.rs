//! The doors of today as they are walked: by building and stairway, within one by floor and room.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::queries::{DueView, Urgency, today};
use crate::error::Result;
use crate::households::Door;
use crate::ids::Id;

/// In which order stairways are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DoorOrder {
    /// As one walks: the nearest first; without a position that where the person was last, then by name.
    #[default]
    Way,
    /// Those with the most overdue doors first.
    Urgency,
}

/// The doors of a stairway that are due.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DoorGroup {
    /// What people call it: building and stairway, or 其他 for addresses that name neither.
    pub name: String,
    /// The building; empty for addresses that name none.
    pub building: String,
    /// The stairway in it; empty for addresses that name none.
    pub stairway: String,
    /// Doors whose window is open, with those that are overdue.
    pub due: i64,
    /// Doors that are overdue.
    pub overdue: i64,
    /// Metres to the nearest of them as the crow flies, where positions are known.
    pub metres: Option<i64>,
    /// The doors, by floor from the ground up and by room.
    pub doors: Vec<DueView>,
}

/// How many doors are due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct TodayCounts {
    /// Doors whose window is open, with those that are overdue.
    pub due: i64,
    /// Doors that are overdue.
    pub overdue: i64,
}

/// What people call the doors whose addresses name no building.
pub const OTHER_DOORS: &str = "其他";

/// The doors that are due at `now` (seconds since the Unix epoch, UTC) by stairway. `near` is latitude and longitude in degrees
/// (WGS-84); `person` is who walks.
pub fn today_groups(connection: &Connection, now: i64, near: Option<(f64, f64)>, order: DoorOrder, person: Id) -> Result<Vec<DoorGroup>> {
    let mut groups = grouped(today(connection, now, near, u32::MAX)?);
    match (order, near) {
        (DoorOrder::Urgency, _) => groups.sort_by(|a, b| b.overdue.cmp(&a.overdue).then(b.due.cmp(&a.due)).then(by_name(a, b))),
        (DoorOrder::Way, Some(_)) => groups.sort_by(|a, b| (a.metres.is_none(), a.metres).cmp(&(b.metres.is_none(), b.metres)).then(by_name(a, b))),
        (DoorOrder::Way, None) => {
            groups.sort_by(by_name);
            if let Some(was) = last_stairway(connection, person)? {
                let at = groups.iter().position(|group| (&group.building, &group.stairway) == (&was.building, &was.stairway));
                groups.rotate_left(at.unwrap_or(0));
            }
        }
    }
    // Wherever one begins, what has no stairway comes last.
    groups.sort_by_key(|group| group.building.is_empty());
    Ok(groups)
}

/// The door to go to after `household`: the next one of its stairway by floor and room, then its others, then the first of the
/// nearest stairway. `None` if no other door is due.
pub fn next_door(connection: &Connection, now: i64, household: Id, person: Id) -> Result<Option<DueView>> {
    let here = connection
        .prepare_cached("SELECT coalesce(address, ''), lat / 1e6, lon / 1e6 FROM households WHERE doc = ?1")?
        .query_row(params![household], |r| Ok((r.get::<_, String>(0)?, r.get::<_, Option<f64>>(1)?.zip(r.get::<_, Option<f64>>(2)?))))
        .optional()?;
    let (address, position) = here.unwrap_or_default();
    let door = Door::of(&address);
    let mut groups = today_groups(connection, now, position, DoorOrder::Way, person)?;
    groups.iter_mut().for_each(|group| group.doors.retain(|d| d.household != household));
    let is_here = |group: &DoorGroup| !door.building.is_empty() && (&group.building, &group.stairway) == (&door.building, &door.stairway);
    let same = groups.iter().find(|group| is_here(group)).map(|group| &group.doors);
    let later = same.and_then(|doors| doors.iter().find(|d| walk(&(d.floor, &d.room), &(door.floor, &door.room)) == Ordering::Greater));
    let next = later.or_else(|| same.and_then(|doors| doors.first())).or_else(|| groups.iter().find_map(|group| group.doors.first()));
    Ok(next.cloned())
}

/// How many doors are due at `now` (seconds since the Unix epoch, UTC).
pub fn today_counts(connection: &Connection, now: i64) -> Result<TodayCounts> {
    let sql = "SELECT count(*), count(*) FILTER (WHERE due_at <= ?1) FROM due WHERE due_from <= ?1";
    Ok(connection.prepare_cached(sql)?.query_row([now], |r| Ok(TodayCounts { due: r.get(0)?, overdue: r.get(1)? }))?)
}

fn grouped(doors: Vec<DueView>) -> Vec<DoorGroup> {
    let mut groups: BTreeMap<(String, String), Vec<DueView>> = BTreeMap::new();
    for door in doors {
        groups.entry((door.building.clone(), door.stairway.clone())).or_default().push(door);
    }
    let group = |((building, stairway), mut doors): ((String, String), Vec<DueView>)| {
        doors.sort_by(|a, b| walk(&(a.floor, &a.room), &(b.floor, &b.room)).then_with(|| natural(&a.address, &b.address)).then(a.household.cmp(&b.household)));
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        DoorGroup {
            name: if building.is_empty() { OTHER_DOORS.to_owned() } else { format!("{building}{stairway}") },
            due: count(doors.len()),
            overdue: count(doors.iter().filter(|d| d.urgency == Urgency::Overdue).count()),
            metres: doors.iter().filter_map(|d| d.metres).min(),
            building,
            stairway,
            doors,
        }
    };
    groups.into_iter().map(group).collect()
}

/// Where the person last stood at a door.
fn last_stairway(connection: &Connection, person: Id) -> Result<Option<Door>> {
    let sql = "SELECT h.address FROM visits v JOIN households h ON h.doc = v.household WHERE v.by = ?1 ORDER BY v.at DESC, v.doc DESC LIMIT 1";
    let address: Option<Option<String>> = connection.prepare_cached(sql)?.query_row([person.to_string()], |r| r.get(0)).optional()?;
    Ok(address.flatten().map(|address| Door::of(&address)).filter(|door| !door.building.is_empty()))
}

fn by_name(a: &DoorGroup, b: &DoorGroup) -> Ordering {
    natural(&a.building, &b.building).then_with(|| natural(&a.stairway, &b.stairway))
}

/// By floor from the ground up, then by room.
fn walk(a: &(Option<i64>, &String), b: &(Option<i64>, &String)) -> Ordering {
    a.0.cmp(&b.0).then_with(|| natural(a.1, b.1))
}

/// As people count: 2栋 before 10栋.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        match (digits(a), digits(b)) {
            (0, _) | (_, 0) => match (a.chars().next(), b.chars().next()) {
                (Some(x), Some(y)) if x == y => (a, b) = (&a[x.len_utf8()..], &b[y.len_utf8()..]),
                (x, y) => return x.cmp(&y),
            },
            (m, n) => {
                let (x, y) = (a[..m].trim_start_matches('0'), b[..n].trim_start_matches('0'));
                let order = x.len().cmp(&y.len()).then_with(|| x.cmp(y));
                if order.is_ne() {
                    return order;
                }
                (a, b) = (&a[m..], &b[n..]);
            }
        }
    }
}
