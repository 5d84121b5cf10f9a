//! Times as people in China read them: one zone, UTC+8, whatever the phone's is.

use jiff::tz::Offset;

/// `YYYY-MM-DD HH:MM` of a moment in seconds since the Unix epoch (UTC), in Beijing's time; empty for what no calendar has.
pub fn beijing(at: i64) -> String {
    jiff::Timestamp::from_second(at).map(|t| Offset::constant(8).to_datetime(t).strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

/// The moment, in seconds since the Unix epoch (UTC), of `YYYY-MM-DD HH:MM` by Beijing's time.
pub fn parse_beijing(text: &str) -> Option<i64> {
    let civil = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M", text).ok()?;
    Offset::constant(8).to_timestamp(civil).ok().map(jiff::Timestamp::as_second)
}
