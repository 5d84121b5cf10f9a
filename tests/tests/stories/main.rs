//! End-to-end stories: real hub, real phones, real HTTP.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so at once, also in its helpers")]

mod audiences;
mod audit_log;
mod audits;
mod carriers;
mod carriers_nearby;
mod circles;
mod clocks;
mod copies;
mod crowd;
mod cuts;
mod demo;
mod erasure;
mod first_path;
mod folding;
mod forged;
mod grids;
mod hostile;
mod keys;
mod limits;
mod moves;
mod moving;
mod photos;
mod processes;
mod protocol;
mod qr;
mod raw;
mod refusals;
mod restores;
mod s3;
mod shredding;
mod street;
mod together;
mod upgrades;
mod wire;
mod world;
