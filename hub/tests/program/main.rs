//! The hub as people run it: the program with its commands, what they do, print, log and leave behind.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so at once, also in its helpers")]

mod calendar;
mod exits;
mod export;
mod full_disk;
mod grids;
mod import;
mod logs;
mod own_fields;
mod phone_workbook;
mod program;
