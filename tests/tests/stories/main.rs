//! End-to-end stories: real hub, real phones, real HTTP.

mod audiences;
mod clocks;
mod copies;
mod cuts;
mod first_path;
mod folding;
mod hostile;
mod protocol;
mod refusals;
mod restores;
mod together;
mod wire;
mod world;
