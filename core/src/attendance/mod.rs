//! Attendance: a volunteer's sign-in and sign-out, started by the volunteer, and the service hours that follow from them.

pub mod document;
mod hours;
mod open;
mod sign_in;
mod sign_out;

pub use hours::{Attendance, Flag, Served, ServiceRecord, attendances_of, service_record};
pub use open::{OpenAttendance, open_attendances};
pub use sign_in::SignIn;
pub use sign_out::SignOut;
