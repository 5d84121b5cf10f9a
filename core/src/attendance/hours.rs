//! Service hours: a fold over a person's attendances. Actual service time, with flags instead of refusals; the organiser
//! verifies later.

use rusqlite::{Connection, params};
use serde::Serialize;

use crate::error::Result;
use crate::ids::Id;

/// What makes an attendance worth a look before its hours count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Never signed out: counts nothing until someone corrects it.
    NoSignOut,
    /// Signed in a second time while signed in: counted with the first.
    Twice,
    /// Overlaps another attendance; the time counts once.
    Overlap,
    /// Less than 60 % of the activity.
    Short,
    /// Signed in or out more than half an hour outside the activity's time.
    OutsideTime,
    /// No hub has confirmed the phone's time, or it ran backwards.
    ClockSuspect,
}

/// One attendance, as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendance {
    /// The attendance.
    pub id: Id,
    /// The activity.
    pub activity: String,
    /// The activity's title and time, where the activity is known here.
    pub planned: Option<(String, i64, i64)>,
    /// Signed in, by the best time known; seconds since the Unix epoch (UTC).
    pub from: i64,
    /// Signed out.
    pub until: Option<i64>,
    /// Whether no hub has confirmed the time.
    pub unanchored: bool,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
}

/// One attendance with what it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Served {
    /// The attendance.
    pub attendance: Id,
    /// The activity (its id).
    pub activity: String,
    /// The activity's title, empty if not known here.
    pub title: String,
    /// Signed in, in seconds since the Unix epoch (UTC).
    pub from: i64,
    /// Signed out; of someone who signed in twice, the last time that they signed out.
    pub until: Option<i64>,
    /// Of a second sign-in while signed in, the first, which it is counted with.
    pub twin_of: Option<Id>,
    /// Minutes that count.
    pub minutes: i64,
    /// What to look at.
    pub flags: Vec<Flag>,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
}

/// A person's service, before verification.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ServiceRecord {
    /// Minutes in all.
    pub minutes: i64,
    /// Attendances, oldest first.
    pub served: Vec<Served>,
}

/// The tolerance around an activity's planned time, in seconds.
const OUTSIDE_SECONDS: i64 = 1_800;

/// So long after a sign-in the person is taken to be there still if they have not signed out, in seconds: after that they forgot to.
pub(super) const OPEN_SECONDS: i64 = 12 * 3_600;

/// Joins attendances that are one: to the same activity, the later one begun while the person was signed in (a double tap, two
/// phones that were offline). The first goes on until the last sign-out of them all; each of the others names it. `attendances`
/// are by the time of sign-in.
fn join(attendances: &mut [Attendance]) -> Vec<Option<Id>> {
    let mut firsts: Vec<usize> = Vec::new();
    let mut twins = vec![None; attendances.len()];
    for n in 0..attendances.len() {
        let later = &attendances[n];
        // A sign-out before its sign-in is a clock's fault: such a one stands alone.
        let is_sound = |a: &Attendance| a.until.is_none_or(|until| until >= a.from);
        // Whoever signs in at the moment that they signed out comes back.
        let is_there = |first: &Attendance| first.until.map_or(later.from <= first.from.saturating_add(OPEN_SECONDS), |until| later.from < until);
        let joins = |first: &Attendance| first.activity == later.activity && is_sound(first) && is_there(first);
        match firsts.iter().copied().rev().find(|first| is_sound(later) && joins(&attendances[*first])) {
            Some(first) => {
                twins[n] = Some(attendances[first].id);
                attendances[first].until = attendances[first].until.max(later.until);
                attendances[first].unanchored |= attendances[n].unanchored;
            }
            None => firsts.push(n),
        }
    }
    twins
}

/// Folds attendances (in any order) into a service record.
pub fn service_record(mut attendances: Vec<Attendance>) -> ServiceRecord {
    attendances.sort_by_key(|a| (a.from, a.id));
    let twins = join(&mut attendances);
    let mut record = ServiceRecord::default();
    let mut counted_until = i64::MIN;
    for (a, twin_of) in attendances.into_iter().zip(twins) {
        if twin_of.is_some() {
            let title = a.planned.map(|p| p.0).unwrap_or_default();
            let Attendance { id, activity, from, until, unsent, .. } = a;
            record.served.push(Served { attendance: id, activity, title, from, until, twin_of, minutes: 0, flags: vec![Flag::Twice], unsent });
            continue;
        }
        let mut flags = Vec::new();
        let ends = a.until.filter(|until| *until >= a.from);
        match a.until {
            None => flags.push(Flag::NoSignOut),
            Some(until) if until < a.from => flags.push(Flag::ClockSuspect),
            Some(_) => {}
        }
        if a.unanchored && !flags.contains(&Flag::ClockSuspect) {
            flags.push(Flag::ClockSuspect);
        }
        let begins = a.from.max(counted_until);
        if a.from < counted_until && ends.is_some() {
            flags.push(Flag::Overlap);
        }
        let seconds = ends.map_or(0, |until| until.saturating_sub(begins).max(0));
        counted_until = counted_until.max(ends.unwrap_or(i64::MIN));
        if let (Some((_, starts_at, ends_at)), Some(until)) = (&a.planned, ends) {
            if until.saturating_sub(a.from).saturating_mul(100) < ends_at.saturating_sub(*starts_at).saturating_mul(60) {
                flags.push(Flag::Short);
            }
            if a.from < starts_at.saturating_sub(OUTSIDE_SECONDS) || until > ends_at.saturating_add(OUTSIDE_SECONDS) {
                flags.push(Flag::OutsideTime);
            }
        }
        record.minutes = record.minutes.saturating_add(seconds / 60);
        record.served.push(Served {
            attendance: a.id,
            activity: a.activity,
            twin_of,
            title: a.planned.map(|p| p.0).unwrap_or_default(),
            from: a.from,
            until: a.until,
            minutes: seconds / 60,
            flags,
            unsent: a.unsent,
        });
    }
    record
}

/// The attendances of `person` on this phone.
pub fn attendances_of(connection: &Connection, person: Id) -> Result<Vec<Attendance>> {
    let mut statement = connection.prepare_cached(
        "SELECT t.doc, coalesce(t.activity, ''), a.title, a.starts_at, a.ends_at, coalesce(t.at, 0), t.signed_out_at, coalesce(t.unanchored, 1),
           EXISTS (SELECT 1 FROM changes x WHERE x.doc = t.doc AND x.taken = 0)
         FROM attendances t LEFT JOIN activities a ON a.doc = t.activity WHERE t.person = ?1",
    )?;
    let rows = statement.query_map(params![person], |r| {
        let times = r.get::<_, Option<i64>>(3)?.zip(r.get::<_, Option<i64>>(4)?);
        let planned = times.map(|(from, until)| Ok::<_, rusqlite::Error>((r.get::<_, Option<String>>(2)?.unwrap_or_default(), from, until))).transpose()?;
        Ok(Attendance { id: r.get(0)?, activity: r.get(1)?, planned, from: r.get(5)?, until: r.get(6)?, unanchored: r.get(7)?, unsent: r.get(8)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
