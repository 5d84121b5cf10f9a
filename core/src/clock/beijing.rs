//! Days and times as people in China read them: one zone, UTC+8, whatever the phone's is.

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

/// The moment in Beijing's time; `None` for what no calendar has.
fn local(at: i64) -> Option<DateTime> {
    jiff::Timestamp::from_second(at).ok().map(|t| Offset::constant(8).to_datetime(t))
}

/// `YYYY-MM-DD HH:MM` of a moment in seconds since the Unix epoch (UTC), in Beijing's time; empty for what no calendar has.
pub fn beijing(at: i64) -> String {
    local(at).map(|t| t.strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

/// The day of a moment in Beijing.
pub fn beijing_day(at: i64) -> Option<Date> {
    local(at).map(DateTime::date)
}
