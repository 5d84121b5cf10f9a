//! The hub's clock, as far as more than one reading of it agrees. Everyone else is told the clock as it stands; but what is dropped for
//! its age is dropped by the *confirmed* time alone, so that a hub that starts once with its clock years ahead drops nothing.
//!
//! Readings are kept in the database, hourly while the hub serves and whenever it is opened. Between two readings of one boot the
//! machine's own count of seconds says how much time passed; of two boots, a gap of up to four days is believed. What goes beyond
//! that is a jump, ahead or back: confirmed time goes on by the seconds that surely passed, and follows once the clock has agreed with
//! itself for a week, on four days. Of the clock and the confirmed time the earlier one drops things, and the later one bounds what
//! records claim: a start in 1970 makes nothing of what comes in then 1970's. A clock that comes back from a jump ahead was wrong: what
//! came in meanwhile is bounded by now.

use std::sync::{Arc, Mutex, PoisonError};

use gridwalk_core::clock::Reading;
use serde::{Deserialize, Serialize};

use crate::error::{HubError, Result};
use crate::store::{Arg, Store, all, exec};

/// How far two clocks may be apart and still agree, in seconds.
const DRIFT: i64 = 3600;
/// How long a hub may be off and be believed when it starts again, in seconds.
const AWAY: i64 = 4 * 86_400;
/// How long a clock that jumped must agree with itself, in seconds, and on how many days it must have been read.
const CONFIRM: (i64, u32) = (7 * 86_400, 4);
/// How often readings are kept, in seconds.
const KEPT_EVERY: i64 = 600;
/// The row of `meta`.
const ROW: &str = "clock";

/// The last reading, and what was confirmed by then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    reading: Reading,
    /// In seconds since the Unix epoch (UTC).
    confirmed: i64,
    /// Since when, by the wall clock, it agrees with itself after a jump; `None` without one.
    jumped_at: Option<i64>,
    /// On how many days it was read since.
    days: u32,
    /// Whether it came back from a jump ahead, and what came in meanwhile is not bounded yet.
    #[serde(default)]
    was_ahead: bool,
}

impl Kept {
    fn first(reading: Reading) -> Self {
        Self { confirmed: reading.wall, reading, jumped_at: None, days: 0, was_ahead: false }
    }

    /// What is confirmed with one more reading.
    fn after(&self, reading: Reading) -> Self {
        let (wall, passed) = (reading.wall, reading.wall.saturating_sub(self.reading.wall));
        let counted = reading.since_boot.saturating_sub(self.reading.since_boot);
        let counted = (self.reading.boot == reading.boot && counted >= 0).then_some(counted);
        let jumped = match counted {
            Some(counted) => passed.saturating_sub(counted).abs() > DRIFT,
            None => !(-DRIFT..=AWAY).contains(&passed),
        };
        let surely = counted.unwrap_or(if jumped { 0 } else { passed.max(0) });
        let confirmed = self.confirmed.saturating_add(surely);
        let came_back = jumped && passed < counted.unwrap_or(0) && self.reading.wall.saturating_sub(self.confirmed) > DRIFT;
        let was_ahead = self.was_ahead || came_back;
        let new_day = u32::from(wall.div_euclid(86_400) != self.reading.wall.div_euclid(86_400));
        let (jumped_at, days) = if jumped { (Some(wall), 1) } else { (self.jumped_at, self.days.saturating_add(new_day)) };
        let agrees = jumped_at.is_none_or(|at| wall.saturating_sub(at) >= CONFIRM.0 && days >= CONFIRM.1);
        if agrees || wall.abs_diff(confirmed) <= DRIFT.unsigned_abs() {
            Self { was_ahead, ..Self::first(reading) }
        } else {
            Self { reading, confirmed, jumped_at, days, was_ahead }
        }
    }
}

/// The confirmed clock of one hub.
#[derive(Clone, Default)]
pub struct ConfirmedClock(Arc<Mutex<Option<Kept>>>);

impl ConfirmedClock {
    /// The clock at this reading and what is confirmed, the earlier first; in seconds since the Unix epoch (UTC).
    pub fn at(&self, reading: Reading) -> (i64, i64) {
        let wall = reading.wall;
        let confirmed = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(wall, |kept| kept.after(reading).confirmed);
        (wall.min(confirmed), wall.max(confirmed))
    }

    /// Whether the clock came back from a jump ahead, and what came in meanwhile is not bounded yet.
    pub fn was_ahead(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|kept| kept.was_ahead)
    }

    /// Reads the hub's clock and keeps what that confirms; says so where it is far from confirmed.
    pub async fn read(&self, store: &Store, reading: Reading) -> Result<()> {
        self.keep(store, reading, false).await
    }

    /// Keeps that what came in while the clock was ahead is bounded.
    pub async fn bounded(&self, store: &Store, reading: Reading) -> Result<()> {
        self.keep(store, reading, true).await
    }

    async fn keep(&self, store: &Store, reading: Reading, bounded: bool) -> Result<()> {
        let mut read = store.read().await?;
        let row = all(&mut read, "SELECT value FROM meta WHERE name = $1", vec![Arg::text(ROW)]).await?;
        drop(read);
        let before: Option<Kept> = match row.first() {
            Some(row) => Some(from_json(&row.get::<String>(0)?)?),
            None => None,
        };
        let mut kept = before.as_ref().map_or_else(|| Kept::first(reading.clone()), |before| before.after(reading.clone()));
        kept.was_ahead &= !bounded;
        let is_due = before.is_none_or(|b| {
            (kept.reading.wall - b.reading.wall).abs() >= KEPT_EVERY
                || b.jumped_at != kept.jumped_at
                || b.was_ahead != kept.was_ahead
                || b.reading.boot != kept.reading.boot
        });
        if is_due {
            let json = serde_json::to_string(&kept).map_err(|e| HubError::Usage(e.to_string()))?;
            let mut tx = store.write_any().await?;
            let sql = "INSERT INTO meta VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            exec(&mut tx, sql, vec![Arg::text(ROW), Arg::text(&json)]).await?;
            tx.commit().await?;
        }
        let ahead_days = (kept.reading.wall - kept.confirmed) / 86_400;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        if ahead_days != 0 {
            tracing::warn!(ahead_days, "the clock jumped; nothing is dropped or dated by it until it has agreed with itself for a week: check the clock (NTP)");
        }
        Ok(())
    }
}

fn from_json(text: &str) -> Result<Kept> {
    serde_json::from_str(text).map_err(|_| HubError::usage("数据库已损坏：时钟记录无法识别", "the database is damaged: the record of the clock cannot be read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;
    const START: i64 = 1_772_380_800;

    fn reading(boot: &str, wall: i64, since_boot: i64) -> Reading {
        Reading { wall, boot: boot.into(), since_boot }
    }

    fn run(kept: Kept, boot: &str, shift: i64, from: i64, hours: i64) -> Kept {
        (0..=hours).fold(kept, |kept, h| kept.after(reading(boot, START + shift + from + h * 3600, from + h * 3600)))
    }

    #[test]
    fn a_clock_that_runs_is_confirmed_and_one_that_jumps_is_not() {
        let kept = Kept::first(reading("a", START, 0));
        assert_eq!(kept.after(reading("a", START + 900 * DAY, 900 * DAY)).confirmed, START + 900 * DAY, "another clock says so as well");
        // In the boot, and with another one.
        for (boot, since) in [("a", 60), ("b", 5)] {
            let ahead = kept.after(reading(boot, START + 1500 * DAY, since));
            assert!(ahead.confirmed <= START + 60 && ahead.jumped_at.is_some());
            // Started again and again with the same wrong clock, on one day.
            let again = (0..50).fold(ahead.clone(), |k, n| k.after(reading(&format!("c{n}"), START + 1500 * DAY + 60 * n, 1)));
            assert!(again.confirmed < START + 2 * DAY);
            assert!(!again.was_ahead);
            // Set right: it is right at once, and what came in meanwhile is to be bounded.
            let right = again.after(reading("d", START + DAY, DAY));
            assert!(right.confirmed <= START + DAY && right.was_ahead);
            assert!(run(right, "d", 0, DAY, 1).was_ahead, "until that is done");
        }
    }

    #[test]
    fn a_clock_that_is_behind_once_takes_nothing_back() {
        let kept = run(Kept::first(reading("a", START, 0)), "a", 0, 0, 48);
        let behind = kept.after(reading("b", START - 20_000 * DAY, 5));
        assert!(behind.confirmed >= START + 2 * DAY && !behind.was_ahead);
        let right = behind.after(reading("b", START + 2 * DAY + 60, 65));
        assert_eq!((right.confirmed, right.was_ahead), (START + 2 * DAY + 60, false));
    }

    #[test]
    fn a_jump_that_stays_is_believed_after_a_week() {
        let ahead = Kept::first(reading("a", START, 0)).after(reading("b", START + 400 * DAY, 0));
        let early = run(ahead.clone(), "b", 400 * DAY, 0, 6 * 24);
        assert!(early.confirmed <= START + 6 * DAY);
        assert_eq!(run(early, "b", 400 * DAY, 6 * DAY, 25).confirmed, START + 407 * DAY + 3600);
        // Two readings a week apart are not four.
        assert!(ahead.after(reading("b", START + 408 * DAY, 8 * DAY)).confirmed < START + 10 * DAY);
    }

    #[test]
    fn an_office_that_is_closed_at_night_and_over_a_weekend_is_believed() {
        let mut kept = Kept::first(reading("n0", START, 0));
        for n in 1..60_i64 {
            let wall = START + n * DAY + n / 5 * 2 * DAY;
            kept = kept.after(reading(&format!("n{n}"), wall, 30));
            assert_eq!(kept.confirmed, wall);
        }
    }
}
