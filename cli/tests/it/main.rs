//! The program as a person or a script meets it. No network: the community's part is played by a few lines beside it.

mod day;
mod export;
mod first_use;
mod refused;
mod terminal;
mod usage;
