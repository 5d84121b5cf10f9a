//! Telling what the demo is doing: a bar on a terminal, a line a step elsewhere.
#![expect(clippy::print_stderr, reason = "a demo speaks to its terminal")]

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::table::seconds;

/// Tells of steps, or keeps quiet.
pub(super) struct Stages {
    tell: bool,
}

/// A step under way.
pub(super) struct Stage {
    step: (&'static str, &'static str),
    began: Instant,
    bar: ProgressBar,
    tell: bool,
}

impl Stages {
    pub fn new(tell: bool) -> Self {
        Self { tell }
    }

    pub fn begin(&self, step: (&'static str, &'static str)) -> Stage {
        let draws = self.tell && std::io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(None, if draws { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() });
        let style = ProgressStyle::with_template("{spinner} {msg} {wide_bar} {pos}/{len}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(format!("{} {}", step.0, step.1));
        bar.enable_steady_tick(Duration::from_millis(120));
        Stage { step, began: Instant::now(), bar, tell: self.tell }
    }
}

impl Stage {
    /// So many of so many are done.
    pub fn at(&self, done: usize, of: usize) {
        self.bar.set_length(of as u64);
        self.bar.set_position(done as u64);
    }

    /// The step is done. Returns how long it took.
    pub fn end(self) -> Duration {
        let took = self.began.elapsed();
        self.bar.finish_and_clear();
        if self.tell {
            eprintln!("✓ {} {} {}", self.step.0, self.step.1, seconds(took));
        }
        took
    }
}
