//! The bench: the rows of the target table of `docs/performance.md`, each beside its yardstick in the same run.

mod bytes;
mod catch_up;
mod claims;
mod history;
mod hub;
mod phone;
mod photo;
mod stage;
mod trust;

use std::process::Command;

use serde::Serialize;

/// Anything that ends a bench.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
/// The result of a bench's parts.
pub type Result<T> = std::result::Result<T, Failure>;

/// The target of a row that only says how it is.
pub const NO_TARGET: f64 = f64::INFINITY;

/// One row.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// The stable name.
    pub name: &'static str,
    /// What was measured.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What must be reached; [`NO_TARGET`] (null in JSON) if nothing is set.
    pub target: f64,
    /// The same work done the plain way, or by a peer, in words and numbers.
    pub yardstick: String,
}

impl Line {
    fn met(&self) -> bool {
        if self.name.starts_with("hub_changes_per_s") { self.value >= self.target } else { self.value <= self.target }
    }
}

/// Runs the whole bench, or the part named by an argument. Returns what to print.
///
/// Arguments: `--json` for a line of JSON a row; `--only bytes|phone|photo|hub|history|edge|catch-up|trust|claims`; the rest is for child processes.
pub fn run(arguments: Vec<String>) -> Result<Vec<String>> {
    match arguments.first().map(String::as_str) {
        Some("child-open") => return phone::child_open(&arguments[1]),
        Some("child-open-bare") => return phone::child_open_bare(&arguments[1]),
        Some("child-photo") => return photo::child_photo(&arguments[1]),
        Some("child-peak") => return phone::child_peak(&arguments[1], &arguments[2]),
        _ => {}
    }
    let json = arguments.iter().any(|a| a == "--json");
    let only = arguments.iter().position(|a| a == "--only").and_then(|at| arguments.get(at + 1)).cloned();
    let wants = |part: &str| only.as_deref().is_none_or(|o| o == part);
    let runtime = runtime()?;
    let folder = std::env::current_exe()?.parent().ok_or("no folder")?.join("bench-data");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let mut lines = Vec::new();
    runtime.block_on(async {
        if wants("bytes") || wants("phone") {
            let stage = stage::Stage::community(&folder.join("community")).await?;
            if wants("bytes") {
                lines.extend(bytes::rows(&stage).await?);
            }
            if wants("phone") {
                lines.extend(phone::rows(&stage).await?);
            }
            stage.hub.stop().await;
        }
        if wants("edge") {
            lines.extend(bytes::edge(&folder.join("edge")).await?);
        }
        if wants("history") {
            lines.extend(history::rows(&folder.join("history")).await?);
        }
        if wants("photo") {
            lines.extend(photo::lines(&folder.join("photo"))?);
        }
        if wants("catch-up") {
            lines.extend(catch_up::rows(&folder.join("catch-up")).await?);
        }
        if wants("trust") {
            lines.extend(trust::rows(&folder.join("trust")).await?);
        }
        if wants("claims") {
            lines.extend(claims::rows(&folder.join("claims")).await?);
        }
        if wants("hub") {
            let embedded = hub::line(&folder.join("hub"))?;
            let rate = embedded.value;
            lines.push(embedded);
            if let Ok(server) = std::env::var("GRIDWALK_BENCH_POSTGRES") {
                lines.push(hub::line_postgres(&folder.join("hub-postgres"), &server, rate)?);
            }
        }
        Ok::<_, Failure>(())
    })?;
    std::fs::remove_dir_all(&folder)?;
    if json {
        return lines.iter().map(|l| Ok(serde_json::to_string(l)?)).collect();
    }
    let mut table = comfy_table::Table::new();
    table.set_header(["行 / row", "值 / value", "单位 / unit", "目标 / target", "", "对照 / yardstick"]);
    for l in &lines {
        table.add_row([
            l.name.to_owned(),
            number(l.value),
            l.unit.to_owned(),
            if l.target == NO_TARGET { String::new() } else { number(l.target) },
            if l.target == NO_TARGET {
                ""
            } else if l.met() {
                "✓"
            } else {
                "✗"
            }
            .to_owned(),
            l.yardstick.clone(),
        ]);
    }
    Ok(vec![table.to_string()])
}

/// The hub's row: changes a second, and what it is held against.
pub fn hub_row(folder: &std::path::Path) -> Result<(f64, String)> {
    runtime()?.block_on(hub::measure(folder))
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

fn number(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// The value below which `share` of the samples lie.
fn percentile(samples: &mut [f64], share: f64) -> f64 {
    samples.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let at = ((samples.len() as f64 * share) as usize).min(samples.len().saturating_sub(1));
    samples.get(at).copied().unwrap_or(f64::NAN)
}

fn median(samples: &mut [f64]) -> f64 {
    percentile(samples, 0.5)
}

/// Bytes that content alone takes, as gzip makes it.
fn gzip(content: &str) -> Result<usize> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content.as_bytes())?;
    Ok(encoder.finish()?.len())
}

/// The peak of this process's resident memory, in MiB.
fn peak_mib() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).and_then(|l| l.split_whitespace().next()?.parse::<f64>().ok());
    Ok(peak.ok_or("no VmHWM")? / 1024.0)
}

/// What a child process of this program prints.
fn child(arguments: &[&str]) -> Result<f64> {
    let output = Command::new(std::env::current_exe()?).args(arguments).output()?;
    let text = String::from_utf8(output.stdout)?;
    text.trim().parse().map_err(|_| format!("child {arguments:?} said: {text} {}", String::from_utf8_lossy(&output.stderr)).into())
}
