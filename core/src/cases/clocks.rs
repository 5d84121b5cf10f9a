//! Clocks (时限) of a case: what steps do to them, and their ends reckoned by what a community has set.

use std::collections::BTreeMap;

use super::moments::{CLOCK_KEY, Expected, Moment, Running, Taken, find};
use super::process::{Does, Process, Step};
use super::state::Folded;
use crate::calendar::{Amount, Calendar};
use crate::documents::{Map, Value};
use crate::ids::Id;
use crate::settings::ClockSettings;

impl Folded {
    /// What begins with the case.
    pub(super) fn begin(&mut self, process: &'static Process, tree: &Map, moments: &Expected) {
        let at = tree.int("at").unwrap_or(0);
        for does in process.begins {
            if let Does::Start(clock, _) = does {
                self.start(clock, None, "", at, moments);
            }
        }
    }

    fn start(&mut self, clock: &'static str, unit: Option<Id>, stage: &str, at: i64, moments: &Expected) {
        let moment = moments.get(clock, &Running::key_of(clock, unit, stage));
        self.clocks.retain(|running| !(running.clock == clock && running.unit == unit && running.stage == stage));
        self.clocks.push(Running {
            clock,
            unit,
            stage: stage.to_owned(),
            from: at,
            ends_at: moment.map(|m| m.ends_at),
            yellow_at: moment.map(|m| m.yellow_at),
            first_ends_at: None,
            amount: moment.map(|m| m.amount.clone()).unwrap_or_default(),
            version: moment.map_or(0, |m| m.version),
            stopped_at: None,
            paused_at: None,
        });
    }

    /// What a step that applied does to the clocks. `new` are the units that it names.
    pub(super) fn tick(&mut self, def: &'static Step, step: &Map, new: &[Id], unit: Option<Id>, at: i64, moments: &Expected) {
        // Who has the case no more has no clock of it either.
        let gone: Vec<Id> = self.parts.iter().filter(|p| p.until == Some(at) && !self.having().any(|h| h.unit == p.unit)).map(|p| p.unit).collect();
        self.stop(at, |running| running.unit.is_some_and(|unit| gone.contains(&unit)));
        for does in def.clocks {
            match *does {
                Does::Start(clock, _) => self.start(clock, None, "", at, moments),
                Does::StartIf(kind, clock, _) if self.whistled == Some(kind) => self.start(clock, None, "", at, moments),
                Does::StartIf(..) => {}
                Does::StartEach(clock, _) => new.iter().for_each(|unit| self.start(clock, Some(*unit), "", at, moments)),
                Does::StartStage(clock, _) => self.start(clock, None, step.text("stage"), at, moments),
                Does::Stop(clock) => {
                    let stage = step.text("stage");
                    self.stop(at, |running| running.clock == clock && (running.stage.is_empty() || stage.is_empty() || running.stage == stage));
                }
                Does::StopOwn(clock) => self.stop(at, |running| running.clock == clock && (running.unit.is_none() || running.unit == unit)),
                Does::StopAll => self.stop(at, |_| true),
                Does::RunOn(clock) => self.clocks.iter_mut().filter(|running| running.clock == clock).for_each(|running| running.stopped_at = None),
                Does::Defer(clock) => self.change(moments, |running| running.clock == clock && running.stopped_at.is_none()),
                Does::Pause => self.clocks.iter_mut().filter(|r| r.stopped_at.is_none()).for_each(|r| r.paused_at = r.paused_at.or(Some(at))),
                Does::Resume => {
                    self.change(moments, |running| running.paused_at.is_some());
                    self.clocks.iter_mut().for_each(|running| running.paused_at = None);
                }
                Does::Move => self.change(moments, |_| true),
            }
        }
    }

    fn stop(&mut self, at: i64, which: impl Fn(&Running) -> bool) {
        for running in self.clocks.iter_mut().filter(|running| running.stopped_at.is_none() && which(running)) {
            running.stopped_at = Some(at);
        }
    }

    /// Gives clocks the ends that a step says; the first one stays readable.
    fn change(&mut self, moments: &Expected, which: impl Fn(&Running) -> bool) {
        for running in self.clocks.iter_mut().filter(|running| which(running)) {
            let Some(moment) = moments.get(running.clock, &running.key()) else { continue };
            if running.ends_at != Some(moment.ends_at) {
                running.first_ends_at = running.first_ends_at.or(running.ends_at);
            }
            (running.ends_at, running.yellow_at, running.version) = (Some(moment.ends_at), Some(moment.yellow_at), moment.version);
        }
    }
}

/// Reckons ends by what a community has set.
#[derive(Debug, Clone)]
pub struct Clockmaker {
    settings: ClockSettings,
    /// Whether every clock goes by the newest version, whatever version the steps name.
    newest: bool,
}

impl Clockmaker {
    /// By a community's settings document.
    pub fn of(settings: &Map) -> Self {
        Self { settings: ClockSettings::of(settings), newest: false }
    }

    /// The same by the newest version of the calendar alone.
    pub(super) fn newest(&self) -> Self {
        Self { newest: true, ..self.clone() }
    }

    /// The calendar by the version that a moment names; the newest if it names none that there is.
    fn calendar(&self, named: Option<&Moment>) -> (Calendar, usize) {
        let known = named.map(|moment| moment.version).filter(|version| !self.newest && *version <= self.settings.versions.len());
        let version = known.unwrap_or(self.settings.versions.len());
        (Calendar::new(&self.settings.versions, Some(version.saturating_sub(1)), self.settings.hours.clone()), version)
    }

    /// The end of a clock that starts at `at` and runs for as long as a setting says: as the community has set it, else as the process says. What is set
    /// later moves no end that stands.
    fn by_setting(&self, process: &Process, tree: &Map, clock: &str, setting: &str, at: i64, stands: Option<&Moment>) -> Option<Moment> {
        let by = process.clock(clock).into_iter().filter(|c| c.code.code == setting).flat_map(|c| c.by);
        let setting = by.into_iter().find(|(field, value, _)| tree.text(field) == *value).map_or(setting, |(.., setting)| setting);
        let own = self.settings.amounts.get(&format!("{}.{setting}", process.name));
        let since = own.map_or(i64::MIN, |(_, since)| *since);
        if let Some(before) = stands.filter(|_| since.max(self.settings.hours_since) > at) {
            return if self.newest { self.from(at, before.amount.clone(), None) } else { Some(before.clone()) };
        }
        let usual = || process.amounts.iter().find(|amount| amount.setting == setting).map(|amount| amount.amount.to_owned());
        let own = own.map(|(amount, _)| amount.clone()).filter(|amount| !amount.is_empty());
        self.from(at, own.or_else(usual).unwrap_or_default(), stands)
    }

    fn from(&self, start: i64, amount: String, named: Option<&Moment>) -> Option<Moment> {
        let (calendar, version) = self.calendar(named);
        let parsed: Amount = amount.parse().ok()?;
        let ends_at = calendar.due(start, parsed).ok()?.at;
        Some(Moment { ends_at, yellow_at: calendar.yellow(start, ends_at, parsed), version, amount })
    }

    /// What begins with a case that was raised at `at`; `said` are the ends that stand in it.
    pub(super) fn begin(&self, process: &Process, tree: &Map, at: i64, said: &Expected) -> Expected {
        let mut found = Expected::default();
        for does in process.begins {
            if let Does::Start(clock, setting) = does {
                let moment = self.by_setting(process, tree, clock, setting, at, said.get(clock, clock));
                found.moments.extend(moment.map(|moment| ((*clock).to_owned(), moment)));
            }
        }
        found
    }

    /// The ends that a step says, reckoned: `folded` is the case without it.
    pub(super) fn expect(&self, process: &Process, tree: &Map, folded: &Folded, def: &Step, step: &Taken<'_>) -> Expected {
        let (said, at) = (&step.said, step.at);
        let whistled = step.whistle.or(folded.whistled);
        let mut moments = BTreeMap::new();
        let mut put = |key: String, moment: Option<Moment>| moments.extend(moment.map(|moment| (key, moment)));
        for does in def.clocks {
            match *does {
                Does::StartIf(kind, ..) if whistled != Some(kind) => {}
                Does::Start(clock, setting) | Does::StartIf(_, clock, setting) | Does::StartEach(clock, setting) | Does::StartStage(clock, setting) => {
                    // What a step itself says is for the whole case, or the stage; units' clocks are the settings'.
                    let moment = if step.amount.is_empty() || matches!(does, Does::StartEach(..) | Does::StartIf(..)) {
                        self.by_setting(process, tree, clock, setting, at, said.get(clock, clock))
                    } else {
                        self.from(at, step.amount.to_owned(), said.get(clock, clock))
                    };
                    put(clock.to_owned(), moment);
                }
                Does::Defer(clock) => {
                    let running = folded.clocks.iter().rev().find(|running| running.clock == clock && running.stopped_at.is_none());
                    let Some((running, ends_at)) = running.and_then(|running| Some((running, running.ends_at?))) else { continue };
                    put(clock.to_owned(), self.from(ends_at, step.amount.to_owned(), said.get(clock, &running.key())));
                }
                Does::Resume => {
                    for running in folded.clocks.iter().filter(|running| running.stopped_at.is_none()) {
                        let Some((paused_at, ends_at)) = running.paused_at.zip(running.ends_at) else { continue };
                        let (calendar, version) = self.calendar(said.get(running.clock, &running.key()));
                        let Ok(amount) = running.amount.parse::<Amount>() else { continue };
                        let ends_at = calendar.moved(ends_at, amount, paused_at, at);
                        let yellow_at = calendar.yellow(running.from, ends_at, amount);
                        put(running.key(), Some(Moment { ends_at, yellow_at, version, amount: running.amount.clone() }));
                    }
                }
                // By the newest version nothing is moved any more.
                Does::Move if !self.newest => said.moments.iter().for_each(|(key, moment)| put(key.clone(), Some(moment.clone()))),
                _ => {}
            }
        }
        Expected { step: said.step.clone(), within: said.within, moments, ends_at: None }
    }

    /// The end of the clock that a step must come within, as far as it is known.
    pub(super) fn limit(folded: &Folded, def: &Step, step: &Taken<'_>) -> Option<i64> {
        let unit = if def.of_unit { step.unit.or_else(|| folded.lead()) } else { None };
        find(&folded.clocks, def.within, unit)?.ends_at
    }
}

/// The ends of what begins with a case that is raised at `at` (seconds since the Unix epoch, UTC), as keys and values of its root; none where
/// the community's settings are not here.
pub(crate) fn begun(process: &Process, settings: Option<&Map>, at: i64) -> Vec<(String, Value)> {
    let Some(maker) = settings.map(Clockmaker::of) else { return Vec::new() };
    let found = maker.begin(process, &Map::default(), at, &Expected::default());
    found.moments.into_iter().map(|(clock, moment)| (format!("{CLOCK_KEY}{clock}"), moment.to_string().as_str().into())).collect()
}
