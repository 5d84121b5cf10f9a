//! Ends of clocks, as they stand in a document and as they run.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::documents::Map;
use crate::ids::Id;

/// What the keys of moments begin with: the author's.
pub const CLOCK_KEY: &str = "clock:";
/// The hub's, where the author's phone had no proven time or no such calendar, or another.
pub const SET_KEY: &str = "set:";

/// The end of a clock, as it stands in a document: `END YELLOW VERSION AMOUNT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// When it ends, in seconds since the Unix epoch (UTC).
    pub ends_at: i64,
    /// From when it is soon due: one working day before the end of a clock in days, the last quarter of one in hours.
    pub yellow_at: i64,
    /// How many versions of the calendar its author's phone had: by the last of them it was reckoned.
    pub version: usize,
    /// How long it runs, as people write it.
    pub amount: String,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.ends_at, self.yellow_at, self.version, self.amount)
    }
}

impl FromStr for Moment {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(4, ' ');
        let mut next = || parts.next().ok_or(());
        let (ends_at, yellow_at, version) = (next()?.parse().map_err(drop)?, next()?.parse().map_err(drop)?, next()?.parse().map_err(drop)?);
        Ok(Self { ends_at, yellow_at, version, amount: next()?.to_owned() })
    }
}

/// A clock that runs, or ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Its code.
    pub clock: &'static str,
    /// The unit that it is of.
    pub unit: Option<Id>,
    /// What it is called, of stages of a joint action.
    pub stage: String,
    /// When it started, in seconds since the Unix epoch (UTC).
    pub from: i64,
    /// When it ends; `None` until somebody who has a calendar says.
    pub ends_at: Option<i64>,
    /// From when it is soon due.
    pub yellow_at: Option<i64>,
    /// The end that stood first, if it was moved.
    pub first_ends_at: Option<i64>,
    /// How long it runs.
    pub amount: String,
    /// Which version of the calendar it goes by.
    pub version: usize,
    /// When it was stopped.
    pub stopped_at: Option<i64>,
    /// Since when it stands still.
    pub paused_at: Option<i64>,
}

/// How near its end a clock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// It runs, and not soon out.
    Green,
    /// 即将到期
    Yellow,
    /// 已超期
    Red,
    /// It stands still, or was stopped in time.
    None,
}

impl Colour {
    /// Its stable code, empty where there is nothing to show.
    pub fn code(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "red",
            Self::None => "",
        }
    }
}

impl Running {
    /// Its colour at `now` (seconds since the Unix epoch, UTC): a function of the clock and the time, the same on phone and hub.
    pub fn colour(&self, now: i64) -> Colour {
        colour(self.ends_at, self.yellow_at, self.stopped_at, self.paused_at, now)
    }

    /// What keys of moments call it, beside its code alone.
    pub(super) fn key(&self) -> String {
        Self::key_of(self.clock, self.unit, &self.stage)
    }

    /// The same of a clock of this code, of a unit or a stage.
    pub(super) fn key_of(clock: &str, unit: Option<Id>, stage: &str) -> String {
        match unit {
            Some(unit) => format!("{clock}@{unit}"),
            None if stage.is_empty() => clock.to_owned(),
            None => format!("{clock}#{stage}"),
        }
    }
}

/// The colour of a clock with these moments.
pub fn colour(ends_at: Option<i64>, yellow_at: Option<i64>, stopped_at: Option<i64>, paused_at: Option<i64>, now: i64) -> Colour {
    let Some(ends_at) = ends_at else { return Colour::None };
    match stopped_at {
        Some(at) if at > ends_at => Colour::Red,
        Some(_) => Colour::None,
        None if paused_at.is_some() => Colour::None,
        None if now > ends_at => Colour::Red,
        None if yellow_at.is_some_and(|yellow| now >= yellow) => Colour::Yellow,
        None => Colour::Green,
    }
}

/// The last clock of this code, of this unit if one is named.
pub(super) fn find<'a>(clocks: &'a [Running], code: &str, unit: Option<Id>) -> Option<&'a Running> {
    clocks.iter().rev().find(|running| running.clock == code && (unit.is_none() || running.unit.is_none() || running.unit == unit))
}

/// The ends that a step says, or that were reckoned for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Expected {
    /// The step's id, empty for the case itself.
    pub(super) step: String,
    /// By clock.
    pub(super) moments: BTreeMap<String, Moment>,
    /// Whether it came within its clock, as the hub's mark says.
    pub(super) within: Option<bool>,
    /// The end of that clock, where it was reckoned.
    pub(super) ends_at: Option<i64>,
}

impl Expected {
    /// What stands there: the hub's before the author's.
    pub(super) fn of(id: &str, step: &Map) -> Self {
        let mut moments = BTreeMap::new();
        for prefix in [CLOCK_KEY, SET_KEY] {
            for entry in step.iter() {
                if let (Some(clock), Ok(moment)) = (entry.key.strip_prefix(prefix), step.text(&entry.key).parse()) {
                    moments.insert(clock.to_owned(), moment);
                }
            }
        }
        Self { step: id.to_owned(), moments, ends_at: None, within: step.get("within").map(|_| step.flag("within")) }
    }

    pub(super) fn get(&self, clock: &str, instance: &str) -> Option<&Moment> {
        self.moments.get(instance).or_else(|| self.moments.get(clock))
    }
}

/// When a clock of the whole case ends that this step starts or moves, in seconds since the Unix epoch (UTC).
pub fn moment_of(step: &Map, clock: &str) -> Option<i64> {
    Expected::of("", step).get(clock, clock).map(|moment| moment.ends_at)
}

/// What a step says that clocks depend on.
#[derive(Debug, Default)]
pub(super) struct Taken<'a> {
    /// When it was taken, in seconds since the Unix epoch (UTC).
    pub(super) at: i64,
    /// Its own amount, empty if it has none.
    pub(super) amount: &'a str,
    /// The kind of whistle.
    pub(super) whistle: Option<i64>,
    /// The unit that it speaks for.
    pub(super) unit: Option<Id>,
    /// The ends that stand in it.
    pub(super) said: Expected,
}

impl<'a> Taken<'a> {
    pub(super) fn of(id: &str, step: &'a Map) -> Self {
        Self { at: step.int("at").unwrap_or(0), amount: step.text("amount"), whistle: step.int("whistle"), unit: step.id("unit"), said: Expected::of(id, step) }
    }
}
