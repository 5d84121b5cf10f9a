//! The program as a person or a script meets it. No network: the community's part is played by a few lines beside it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say so at once; helpers are outside #[test]")]

mod carry;
mod day;
mod export;
mod first_use;
mod refused;
mod shred;
mod terminal;
mod usage;
