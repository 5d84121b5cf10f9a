//! The test harness of gridwalk: a hub and phones in one process, a faulty line between them, and the reference community.

pub mod bench;
pub mod demo;
pub mod fuzz;
pub mod harness;
pub mod link;
pub mod logs;
pub mod pictures;
pub mod postgres;
pub mod reading;
pub mod replay;
pub mod roster;
pub mod simulate;
pub mod soak;
pub mod typed;
pub mod workload;
