//! Signing in and out, and the hours that follow.

use gridwalk_core::attendance::{Flag, OpenAttendance, Served, ServiceRecord, SignIn, SignOut};

use crate::error::Result;
use crate::phone::{Outcome, Phone};
use crate::values::Id;

/// What makes an attendance worth a look before its hours count.
#[uniffi::remote(Enum)]
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

/// One attendance with what it counts.
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
pub struct ServiceRecord {
    /// Minutes in all.
    pub minutes: i64,
    /// Attendances, oldest first.
    pub served: Vec<Served>,
}

/// A person signed in to an activity, not signed out yet.
#[uniffi::remote(Record)]
pub struct OpenAttendance {
    /// The attendance; of someone who signed in twice, the first.
    pub attendance: Id,
    /// The activity (its id).
    pub activity: String,
    /// The activity's title, empty if not known here.
    pub title: String,
    /// Signed in, in seconds since the Unix epoch (UTC).
    pub from: i64,
    /// Whether they signed in so long before that they have probably forgotten to sign out.
    pub forgotten: bool,
    /// Whether something of it is recorded here that the hub has not answered yet.
    pub unsent: bool,
}

#[uniffi::export(async_runtime = "tokio")]
impl Phone {
    /// Signs the person in to an activity, now. The outcome's value is the attendance's id: that of the open one if they are
    /// signed in to it already.
    #[uniffi::method(default(command_id = None))]
    pub async fn sign_in(&self, activity: Id, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, SignIn { activity }).await
    }

    /// Signs the person out, now, of this attendance and of those that are one with it because they signed in twice. The outcome's
    /// value is the attendance's id.
    #[uniffi::method(default(command_id = None))]
    pub async fn sign_out(&self, attendance: Id, command_id: Option<Id>) -> Result<Outcome> {
        self.run(command_id, SignOut::of(attendance)).await
    }

    /// Where the person is signed in now, the latest sign-in first; signing in twice is being signed in once.
    pub async fn open_attendances(&self) -> Result<Vec<OpenAttendance>> {
        self.call(|core| core.open_attendances()).await
    }

    /// The service record of the person signed in, before verification.
    pub async fn service_record(&self) -> Result<ServiceRecord> {
        self.call(|core| core.service_record()).await
    }
}
