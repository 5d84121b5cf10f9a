//! The ladders of modules that `ARCHITECTURE.md` draws hold: a module uses those above it, and no files use each other in a circle.
//! Read from the sources: whatever begins with `crate::` or `super::`, in `use` and in code. What a `mod.rs` says of its own files is not
//! counted: it is their front.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What goes up the ladder of the core, by module, and why. `ARCHITECTURE.md` says so too.
const UPWARD: [(&str, &str, &str); 21] = [
    ("documents", "projection", "a kind is declared in one place, with its tables"),
    ("documents", "rules", "a kind is declared in one place, with who may write what"),
    ("documents", "dictionary", "a kind is declared in one place, with its fields"),
    ("documents", "kinds", "the fixed first changes of all kinds are made from the one list"),
    ("documents", "commands", "a kind says what else is written with a new record or a change, by the same `Edit`"),
    ("documents", "cases", "a kind is declared in one place, with its process"),
    ("projection", "cases", "the rows of steps, clocks and units are the same for every case"),
    ("projection", "dictionary", "rows follow from the fields"),
    ("rules", "dictionary", "roles are a choice of the dictionary"),
    ("commands", "kinds", "a command is one of the list"),
    ("records", "kinds", "what is the same for every kind looks them up in the list"),
    ("records", "store", "one record is read from the store"),
    ("records", "households", "telephones and tags are checked where they were first"),
    ("records", "places", "a grid and a micro-grid are checked together"),
    ("cases", "kinds", "the kinds that are cases are found in the list"),
    ("cases", "store", "whose unit a person speaks for is looked up when they add a step"),
    ("conflicts", "store", "the document behind a row is read"),
    ("photos", "store", "files are written as the store's are, and found by its documents"),
    ("visits", "store", "the due list is a table of the store's own"),
    ("phone", "sync", "the status shows a hub's refusal in the protocol's words"),
    ("phone", "carriers", "the status shows what is carried"),
];

/// A module by its path: `["sync", "take"]`.
type Module = Vec<String>;
/// Module and what of it is meant, `*` where all is.
type Target = (Module, String);

/// The modules of a crate: which files use which.
struct Sources {
    modules: BTreeSet<Module>,
    /// Of each module that a front hands on under its own name: where it lies.
    fronts: BTreeMap<Target, Target>,
    uses: BTreeSet<(Module, Module)>,
}

fn files(folder: &Path, at: &[String], found: &mut Vec<(Module, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            files(&path, &[at, &[name]].concat(), found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let is_front = ["mod", "lib", "main"].contains(&&*name);
            let text = std::fs::read_to_string(&path).unwrap();
            let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
            found.push((if is_front { at.to_vec() } else { [at, &[name]].concat() }, code.join("\n")));
        }
    }
}

/// All paths of a tree of names, `a::{b, c::{d, self}}`, that `text` begins with; the rest of it is not looked at.
fn paths(text: &str) -> Vec<Vec<String>> {
    fn tree(text: &mut &str, before: &[String], found: &mut Vec<Vec<String>>) {
        *text = text.trim_start();
        if let Some(rest) = text.strip_prefix('{') {
            *text = rest;
            loop {
                *text = text.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
                if text.is_empty() || text.starts_with('}') {
                    *text = text.strip_prefix('}').unwrap_or(text);
                    return;
                }
                let length = text.len();
                tree(text, before, found);
                // `as name`, or no tree at all.
                let end = text.find([',', '}']).unwrap_or(text.len());
                *text = &text[end..];
                if text.len() == length {
                    return;
                }
            }
        }
        let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '*')).unwrap_or(text.len());
        let path = [before, &[text[..end].to_owned()]].concat();
        *text = &text[end..];
        match text.strip_prefix("::").filter(|rest| rest.starts_with(|c: char| c.is_alphabetic() || "_{*".contains(c))) {
            Some(rest) => {
                *text = rest;
                tree(text, &path, found);
            }
            None => found.push(path),
        }
    }
    let mut found = Vec::new();
    tree(&mut { text }, &[], &mut found);
    found
}

/// The places in `code` where `word` stands as a word of its own.
fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    code.match_indices(word).filter(move |(at, _)| !code[..*at].ends_with(is_name)).map(|(at, _)| &code[at..])
}

impl Sources {
    fn read(folder: &str) -> Self {
        let mut found = Vec::new();
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &[], &mut found);
        let modules = found.iter().map(|(module, _)| module.clone()).collect();
        let mut sources = Self { modules, fronts: BTreeMap::new(), uses: BTreeSet::new() };
        for (front, code) in &found {
            // `pub use` and `pub(crate) use`.
            for rest in words(code, "use ").filter(|rest| code[..code.len() - rest.len()].trim_end().ends_with(['b', ')'])) {
                for path in paths(&rest["use ".len()..]) {
                    if let (Some(target), Some(name)) = (sources.target(front, &path, true), path.last()) {
                        sources.fronts.insert((front.clone(), name.clone()), target);
                    }
                }
            }
        }
        for (module, code) in &found {
            for path in ["crate::", "super::"].iter().flat_map(|start| words(code, start)).flat_map(paths) {
                let Some(mut target) = sources.target(module, &path, false) else { continue };
                while let Some(behind) = sources.fronts.get(&target).filter(|behind| **behind != target) {
                    target = behind.clone();
                }
                if target.0 != *module {
                    sources.uses.insert((module.clone(), target.0));
                }
            }
        }
        sources
    }

    /// What a path that stands in `module` leads to, if to a module of this crate: of a front's own files too, if `own`.
    fn target(&self, module: &Module, path: &[String], own: bool) -> Option<Target> {
        let (mut at, mut rest) = match path[0].as_str() {
            "crate" => (Vec::new(), &path[1..]),
            "super" => (module[..module.len().saturating_sub(1)].to_vec(), &path[1..]),
            _ if own => (module.clone(), path),
            _ => return None,
        };
        while let Some((name, further)) = rest.split_first() {
            let next = if name == "super" { at[..at.len().saturating_sub(1)].to_vec() } else { [&at[..], std::slice::from_ref(name)].concat() };
            if name != "super" && !self.modules.contains(&next) {
                break;
            }
            (at, rest) = (next, further);
        }
        Some((at, rest.first().cloned().unwrap_or_else(|| "*".to_owned())))
    }

    /// What uses what among the modules directly under the crate.
    fn tops(&self) -> BTreeSet<(&str, &str)> {
        let tops = self.uses.iter().filter_map(|(a, b)| Some((a.first()?.as_str(), b.first()?.as_str())));
        tops.filter(|(a, b)| a != b).collect()
    }

    /// Files that use each other in a circle, without the edges between these modules.
    fn circle(&self, without: &[(&str, &str)]) -> Option<Vec<String>> {
        let counts = |(a, b): &&(Module, Module)| !a.first().zip(b.first()).is_some_and(|(a, b)| without.contains(&(a, b)));
        let mut left: BTreeSet<&(Module, Module)> = self.uses.iter().filter(counts).collect();
        // What uses nothing more, or is used by nothing more, is in no circle.
        loop {
            let (from, to): (BTreeSet<_>, BTreeSet<_>) = left.iter().map(|(a, b)| (a, b)).unzip();
            let before = left.len();
            left.retain(|(a, b)| from.contains(&b) && to.contains(&a));
            if left.is_empty() {
                return None;
            }
            if left.len() == before {
                return Some(left.into_iter().map(|(a, b)| format!("{} → {}", a.join("/"), b.join("/"))).collect());
            }
        }
    }
}

/// The ladder that `ARCHITECTURE.md` draws for a crate: modules by rung, from the ground up.
fn ladder(of: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../ARCHITECTURE.md")).unwrap();
    let part = text.split(&format!("## The ladder in `{of}`")).nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = part.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    rows.map(|cell| cell.split(['`', ',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned).collect()).collect()
}

fn assert_ladder(folder: &str, upward: &[(&str, &str, &str)]) {
    let (sources, ladder) = (Sources::read(&format!("../{folder}")), ladder(folder));
    let rung = |name: &str| ladder.iter().position(|rung| rung.iter().any(|n| n == name));
    let all: BTreeSet<&str> = sources.modules.iter().filter_map(|module| module.first()).map(String::as_str).collect();
    let drawn: BTreeSet<&str> = ladder.iter().flatten().map(String::as_str).collect();
    assert_eq!(all, drawn, "the modules of {folder}, and those in ARCHITECTURE.md");
    let tops = sources.tops();
    assert!(tops.len() > drawn.len(), "{folder} is read: {tops:?}");
    let up: BTreeSet<(&str, &str)> = tops.into_iter().filter(|(a, b)| rung(b) > rung(a)).collect();
    let known: Vec<(&str, &str)> = upward.iter().map(|(a, b, _)| (*a, *b)).collect();
    let new: Vec<_> = up.iter().filter(|edge| !known.contains(edge)).collect();
    assert!(new.is_empty(), "{folder}: a module uses one that stands below it in ARCHITECTURE.md: {new:?}");
    let gone: Vec<_> = known.iter().filter(|edge| !up.contains(edge)).collect();
    assert!(gone.is_empty(), "{folder}: untied, so not to be listed here any more: {gone:?}");
    let circle = sources.circle(&known);
    assert!(circle.is_none(), "{folder}: files that use each other in a circle, and what hangs between:\n{}", circle.unwrap_or_default().join("\n"));
}

#[test]
fn the_core_is_a_ladder_but_for_what_is_named() {
    assert_ladder("core/src", &UPWARD);
}

#[test]
fn the_hub_is_a_ladder() {
    assert_ladder("hub/src", &[]);
}
