//! Breaking the code on purpose: each mutation in `tests/mutations` is put into a copy of the sources, and the simulation must
//! find that the invariant it names does not hold.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Done, cargo, root, step, target};

/// Histories that a mutation may take to be found.
const HISTORIES: &str = "3000";

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

    /// Breaks the copy; answers with the files as they were.
    fn apply(&self, copy: &Path) -> Result<BTreeMap<String, String>, String> {
        let mut before = BTreeMap::new();
        for (file, old, new) in &self.replacements {
            let path = copy.join(file);
            let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            if text.matches(old.as_str()).count() != 1 {
                return Err(format!("{}: 在 {file} 中应恰好出现一次 / must stand in {file} exactly once:\n{old}", self.name));
            }
            fs::write(&path, text.replacen(old.as_str(), new, 1)).map_err(|e| e.to_string())?;
            before.entry(file.clone()).or_insert(text);
        }
        Ok(before)
    }
}

/// Runs every mutation, or those whose names are given, and prints the table for `docs/simulation.md`.
pub fn run(only: &[String]) -> Done {
    let folder = root().join("tests/mutations");
    let mut paths: Vec<_> = fs::read_dir(&folder).map_err(|_| 1)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let copy = target().join("mutations");
    let mut table = vec!["| 改坏了什么 / what is broken | invariant | histories |".to_owned(), "| --- | --- | ---: |".to_owned()];
    let mut missed = 0;
    for path in paths {
        let mutation = Mutation::read(&path).map_err(fail)?;
        if !only.is_empty() && !only.contains(&mutation.name) {
            continue;
        }
        refresh(&copy).map_err(fail)?;
        let before = mutation.apply(&copy).map_err(fail)?;
        // Dependencies are shared with the workspace itself; only what is ours is built again.
        step(cargo().current_dir(&copy).args(["build", "--release", "--locked", "--workspace", "--bin", "simulate"]))?;
        eprintln!("\n▶ {}: {}", mutation.name, mutation.what);
        let program = target().join("release/simulate");
        let said = Command::new(&program).args(["--histories", HISTORIES, "--whole"]).output().map_err(|e| fail(e.to_string()))?;
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        for (file, text) in before {
            fs::write(copy.join(file), text).map_err(|e| fail(e.to_string()))?;
        }
        let found = said.lines().find_map(|line| line.split_once("[")?.1.split_once(']')).map_or("", |(invariant, _)| invariant);
        let histories = said.lines().rev().find_map(|line| line.split_once(" / ")?.1.split_once(" histories")).map_or("?", |(n, _)| n);
        let held = !mutation.invariants.split(' ').any(|i| i == found);
        missed += usize::from(held);
        let invariant = if held { format!("**{}: not found** {found}", mutation.invariants) } else { found.to_owned() };
        table.push(format!("| {} | {invariant} | {histories} |", mutation.what));
        eprintln!("{}", table.last().map_or("", String::as_str));
    }
    // The program that stands there now is a broken one.
    fs::remove_file(target().join("release/simulate")).map_err(|e| fail(e.to_string()))?;
    println!("{}", table.join("\n"));
    if missed == 0 { Ok(()) } else { Err(1) }
}

fn fail(message: impl AsRef<str>) -> u8 {
    eprintln!("{}", message.as_ref());
    1
}

/// Makes `copy` the sources as they are now. What has not changed is left as it is, so that it is not built again.
fn refresh(copy: &Path) -> Result<(), String> {
    let listed = Command::new("git").current_dir(root()).args(["ls-files", "-z"]).output().map_err(|e| e.to_string())?;
    for name in String::from_utf8_lossy(&listed.stdout).split('\0').filter(|name| !name.is_empty() && !name.starts_with("fuzz/")) {
        let (from, to) = (root().join(name), copy.join(name));
        let bytes = fs::read(&from).map_err(|e| format!("{name}: {e}"))?;
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

    /// A mutation that does not fit the sources any more finds nothing.
    #[test]
    fn every_mutation_fits_the_sources() {
        let folder = root().join("tests/mutations");
        let mut count = 0;
        for entry in fs::read_dir(folder).expect("mutations") {
            let mutation = Mutation::read(&entry.expect("an entry").path()).expect("a mutation");
            count += 1;
            assert!(!mutation.replacements.is_empty(), "{}", mutation.name);
            for (file, old, new) in &mutation.replacements {
                let text = fs::read_to_string(root().join(file)).expect("a source");
                assert_eq!(text.matches(old.as_str()).count(), 1, "{}: in {file}:\n{old}", mutation.name);
                assert_ne!(old, new, "{}", mutation.name);
            }
        }
        assert!(count >= 8, "{count} mutations");
    }
}
