//! Visits (走访、上门服务) and the list of doors that are due.

pub mod document;
mod doors;
mod due;
mod queries;
mod record;

pub use doors::{DoorGroup, DoorOrder, OTHER_DOORS, TodayCounts, next_door, today_counts, today_groups};
pub use due::{WINDOW_PERCENT, count_visit, refresh_due};
pub use queries::{DueView, Urgency, VisitView, today, visits_of};
pub use record::{RecordVisit, VisitResult};
