use std::str::FromStr;

use jiff::civil::{Date, Time};

use crate::error::{Error, Result};

/// The hours of an office that has set none: a default, to be set by each community.
pub const DEFAULT_HOURS: &str = "09:00-12:00,14:00-17:00";

/// When an office is open on a working day, also by season: `09:00-12:00,14:00-17:00; 06-01~08-31 08:00-12:00,15:00-18:00`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeHours {
    usual: Vec<(Time, Time)>,
    seasons: Vec<Season>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Season {
    /// Month and day of its first and last day.
    from: (i8, i8),
    until: (i8, i8),
    hours: Vec<(Time, Time)>,
}

impl OfficeHours {
    /// The spans of a day, in order, by Beijing's time.
    pub fn of(&self, date: Date) -> &[(Time, Time)] {
        let on = (date.month(), date.day());
        let holds =
            |season: &&Season| if season.from <= season.until { (season.from..=season.until).contains(&on) } else { on >= season.from || on <= season.until };
        self.seasons.iter().find(holds).map_or(&self.usual, |season| &season.hours)
    }
}

impl FromStr for OfficeHours {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let text = text.replace('；', ";").replace(['，', '、'], ",").replace('：', ":").replace(['～', '—', '–'], "~");
        let mut parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
        let usual = spans(parts.next().unwrap_or_default())?;
        let seasons = parts.map(season).collect::<Result<_>>()?;
        Ok(Self { usual, seasons })
    }
}

impl Default for OfficeHours {
    fn default() -> Self {
        let at = |hour| Time::constant(hour, 0, 0, 0);
        Self { usual: vec![(at(9), at(12)), (at(14), at(17))], seasons: Vec::new() }
    }
}

fn wrong() -> Error {
    Error::invalid(
        "办公时间请写作“09:00-12:00,14:00-17:00”，分季节的写作“…; 06-01~08-31 08:00-12:00,15:00-18:00”",
        "write office hours as 09:00-12:00,14:00-17:00, and by season as …; 06-01~08-31 08:00-12:00,15:00-18:00",
    )
}

fn season(text: &str) -> Result<Season> {
    let (days, hours) = text.split_once(' ').ok_or_else(wrong)?;
    let (from, until) = days.split_once('~').ok_or_else(wrong)?;
    let day = |text: &str| -> Result<(i8, i8)> {
        // A leap year has every day.
        let date = format!("2024-{}", text.trim()).parse::<Date>().map_err(|_| wrong())?;
        Ok((date.month(), date.day()))
    };
    Ok(Season { from: day(from)?, until: day(until)?, hours: spans(hours)? })
}

fn spans(text: &str) -> Result<Vec<(Time, Time)>> {
    let time = |text: &str| Time::strptime("%H:%M", text.trim()).map_err(|_| wrong());
    let span = |text: &str| {
        let (from, until) = text.split_once('-').ok_or_else(wrong)?;
        Ok((time(from)?, time(until)?))
    };
    let spans: Vec<(Time, Time)> = text.split(',').map(span).collect::<Result<_>>()?;
    let follow = spans.iter().all(|(from, until)| from < until) && spans.windows(2).all(|pair| pair[0].1 <= pair[1].0);
    if follow { Ok(spans) } else { Err(wrong()) }
}
