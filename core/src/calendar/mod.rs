//! Working days (工作日) and office hours: public holidays and make-up working days (调休) as an office announced them, and when a clock
//! ends by them. Days are Beijing's, whatever the phone's zone. Everything here is pure.

mod days;
mod due;
mod hours;

pub use days::{Announced, Calendar, DayKind, Version, read_version};
pub use due::{Amount, Counted, Due};
pub use hours::{DEFAULT_HOURS, OfficeHours};
