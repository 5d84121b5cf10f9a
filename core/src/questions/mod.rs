//! Questions upward (请示报告): asked by the community, answered by the street.

pub mod document;
mod process;

pub use process::PROCESS;
