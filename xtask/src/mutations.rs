//! Breaking the code on purpose: the mutations in `tests/mutations` are put into a copy of the sources, each behind a switch, and
//! the simulation must find that an invariant which the mutation names does not hold. One build serves them all.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::{Done, root, step, target, tested};

/// Histories that a mutation may take to be found, and that hold while none is switched on.
const HISTORIES: u64 = 1000;
/// What the right sources call themselves.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Where the switch stands.
const LIBRARY: &str = "core/src/lib.rs";
/// The switch: which mutation is on.
const SWITCH: &str = r#"
pub fn mutated(name: &str) -> bool {
    static ON: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    ON.get_or_init(|| std::env::var("GRIDWALK_MUTATION").ok()).as_deref() == Some(name)
}
"#;

/// One mutation: the first lines name the invariant and say what is broken, then come replacements.
struct Mutation {
    name: String,
    invariants: String,
    what: String,
    /// File, what stands there once, what stands there instead.
    replacements: Vec<(String, String, String)>,
}

impl Mutation {
    /// Reads the form that `docs/simulation.md` describes.
    fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let head = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).map(|v| v.trim().to_owned()).ok_or(format!("{}: {key}", path.display()));
        let mut replacements = Vec::new();
        for part in text.split("\n=== ").skip(1) {
            let cut = || {
                let (file, rest) = part.split_once('\n')?;
                let (old, new) = rest.split_once("\n--- \n").or_else(|| rest.split_once("\n---\n"))?;
                Some((file.trim().to_owned(), old.to_owned(), new.trim_end_matches('\n').to_owned()))
            };
            replacements.push(cut().ok_or(format!("{}: ===", path.display()))?);
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, invariants: head("invariant:")?, what: head("what:")?, replacements })
    }

    /// Puts it into the sources that it is about.
    fn apply(&self, sources: &mut BTreeMap<String, String>) -> Result<(), String> {
        for (file, old, new) in &self.replacements {
            let text = match sources.get(file) {
                Some(text) => text.clone(),
                None => fs::read_to_string(root().join(file)).map_err(|e| format!("{file}: {e}"))?,
            };
            if text.matches(old.as_str()).count() != 1 {
                return Err(format!("{}: 在 {file} 中应恰好出现一次 / must stand in {file} exactly once:\n{old}", self.name));
            }
            sources.insert(file.clone(), text.replacen(old.as_str(), new, 1));
        }
        Ok(())
    }
}

fn all() -> Result<Vec<Mutation>, String> {
    let entries = fs::read_dir(root().join("tests/mutations")).map_err(|e| e.to_string())?;
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths.iter().map(|path| Mutation::read(path)).collect()
}

/// The sources that differ with all mutations in them, by path.
fn broken(mutations: &[Mutation]) -> Result<BTreeMap<String, String>, String> {
    let library = fs::read_to_string(root().join(LIBRARY)).map_err(|e| format!("{LIBRARY}: {e}"))?;
    let mut sources = BTreeMap::from([(LIBRARY.to_owned(), library + SWITCH)]);
    mutations.iter().try_for_each(|mutation| mutation.apply(&mut sources))?;
    // Cargo knows a package by its name, its version and its place in the workspace: of the same version, what is broken here would
    // be taken for what is right there, and be tested.
    let ours = |part: &str| part.starts_with("[workspace.package]") || (part.starts_with("[[package]]") && !part.contains("\nsource = "));
    for name in ["Cargo.toml", "Cargo.lock"] {
        let text = fs::read_to_string(root().join(name)).map_err(|e| format!("{name}: {e}"))?;
        let version = (format!("\nversion = \"{VERSION}\""), format!("\nversion = \"{VERSION}-broken\""));
        let parts = text.split_inclusive("\n\n").map(|part| if ours(part) { part.replacen(&version.0, &version.1, 1) } else { part.to_owned() });
        sources.insert(name.to_owned(), parts.collect());
    }
    Ok(sources)
}

/// Runs every mutation, or those whose names are given, and prints the table for `docs/simulation.md`.
pub fn run(only: &[String]) -> Done {
    let mutations = all().map_err(fail)?;
    let copy = target().join("mutations");
    refresh(&copy, &broken(&mutations).map_err(fail)?).map_err(fail)?;
    // With a test among what is built features are those of `cargo test`: what that has built of others is used.
    let built = ["build", "--locked", "--workspace", "--bin", "simulate", "--test", "simulate"];
    step(tested().current_dir(&copy).args(built))?;
    // The next build puts the right one there again.
    let program = copy.join("simulate");
    fs::rename(target().join("debug/simulate"), &program).map_err(|e| fail(e.to_string()))?;
    let mut table = vec!["| 改坏了什么 / what is broken | invariant | histories | s |".to_owned(), "| --- | --- | ---: | ---: |".to_owned()];
    let mut missed = 0;
    let unbroken = only.is_empty().then_some(("", "", "什么都没有改 / nothing"));
    let chosen = mutations.iter().filter(|m| only.is_empty() || only.contains(&m.name));
    for (name, invariants, what) in unbroken.into_iter().chain(chosen.map(|m| (m.name.as_str(), m.invariants.as_str(), m.what.as_str()))) {
        eprintln!("\n▶ {name}: {what}");
        let started = Instant::now();
        let mut command = Command::new(&program);
        command.args(["--histories", &HISTORIES.to_string(), "--whole"]).env("GRIDWALK_MUTATION", name);
        let said = command.output().map_err(|e| fail(e.to_string()))?;
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let found = said.lines().find_map(|line| line.split_once("[")?.1.split_once(']')).map_or("–", |(invariant, _)| invariant);
        let histories = said.lines().rev().find_map(|line| line.split_once(" / ")?.1.split_once(" histories")).map_or("?", |(n, _)| n);
        let right = if invariants.is_empty() { found == "–" } else { invariants.split(' ').any(|i| i == found) };
        missed += usize::from(!right);
        let found = if right { found.to_owned() } else { format!("**{invariants}?** {found}") };
        table.push(format!("| {what} | {found} | {histories} | {} |", started.elapsed().as_secs()));
        eprintln!("{}", table.last().map_or("", String::as_str));
    }
    println!("{}", table.join("\n"));
    if missed == 0 { Ok(()) } else { Err(1) }
}

fn fail(message: impl AsRef<str>) -> u8 {
    eprintln!("{}", message.as_ref());
    1
}

/// Makes `copy` the sources as they are now, or as `broken` has them. What has not changed is left as it is, so that it is not
/// built again.
fn refresh(copy: &Path, broken: &BTreeMap<String, String>) -> Result<(), String> {
    let listed = Command::new("git").current_dir(root()).args(["ls-files", "-z"]).output().map_err(|e| e.to_string())?;
    for name in String::from_utf8_lossy(&listed.stdout).split('\0').filter(|name| !name.is_empty() && !name.starts_with("fuzz/")) {
        let (from, to) = (root().join(name), copy.join(name));
        let bytes = match broken.get(name) {
            Some(text) => text.clone().into_bytes(),
            None => fs::read(&from).map_err(|e| format!("{name}: {e}"))?,
        };
        if fs::read(&to).ok().as_ref() != Some(&bytes) {
            fs::create_dir_all(to.parent().unwrap_or(copy)).map_err(|e| e.to_string())?;
            fs::write(&to, bytes).map_err(|e| format!("{name}: {e}"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mutation that does not fit the sources any more, or that nothing switches on, finds nothing.
    #[test]
    fn every_mutation_fits_the_sources() {
        let mutations = all().expect("mutations");
        for mutation in &mutations {
            assert!(!mutation.replacements.is_empty(), "{}", mutation.name);
            let switch = format!("mutated(\"{}\")", mutation.name);
            for (file, old, new) in &mutation.replacements {
                let text = fs::read_to_string(root().join(file)).expect("a source");
                assert_eq!(text.matches(old.as_str()).count(), 1, "{}: in {file}:\n{old}", mutation.name);
                assert!(new.contains(&switch), "{}: in {file}:\n{new}", mutation.name);
            }
        }
        // All of them together, as they are built.
        broken(&mutations).expect("the mutations beside each other");
        let invariants = ["acknowledged", "replicas", "status", "audience", "counts", "twice", "erased", "rest", "error", "panic"];
        for invariant in invariants {
            assert!(mutations.iter().any(|m| m.invariants.split(' ').next() == Some(invariant)), "nothing breaks {invariant}");
        }
    }
}
