//! The demo's table and the words for its numbers.

use std::time::Duration;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};

/// One step's row; what a step has nothing to say about stays empty.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub step: (&'static str, &'static str),
    pub phones: Option<usize>,
    pub count: String,
    pub up: Option<u64>,
    pub down: Option<u64>,
    pub requests: Option<u32>,
    pub time: Option<Duration>,
    pub note: String,
}

pub(super) fn render(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["步骤\nstep", "手机\nphones", "数量\ncount", "上行\nup", "下行\ndown", "请求\nrequests", "用时\ntime", "说明\nnotes"]);
    for row in rows {
        let right = |text: Option<String>| Cell::new(text.unwrap_or_default()).set_alignment(CellAlignment::Right);
        table.add_row([
            Cell::new(format!("{}\n{}", row.step.0, row.step.1)),
            right(row.phones.map(|n| n.to_string())),
            right(Some(row.count.clone())),
            right(row.up.map(bytes)),
            right(row.down.map(bytes)),
            right(row.requests.map(|n| n.to_string())),
            right(row.time.map(seconds)),
            Cell::new(&row.note),
        ]);
    }
    table.to_string()
}

/// A size, in decimal units as the targets have them.
pub(super) fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        1_000..1_000_000 => format!("{:.1} kB", n as f64 / 1e3),
        _ => format!("{:.1} MB", n as f64 / 1e6),
    }
}

pub(super) fn seconds(time: Duration) -> String {
    let s = time.as_secs_f64();
    if s < 1.0 { format!("{:.1} ms", s * 1e3) } else { format!("{s:.1} s") }
}

pub(super) fn median(all: &mut [u64]) -> u64 {
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or_default()
}

/// The value that `percent` of all sorted ones do not exceed.
pub(super) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}
