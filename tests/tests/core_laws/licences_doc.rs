//! `docs/licences.md` is drawn from what is built: every crate in the tree of the shipped ones, with its version and licence.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const HEAD: &str = "# Licences of others' software in ours

Drawn by a test from `Cargo.lock` and what the crates declare. After a change of dependencies: `UPDATE_DOCS=1 cargo test --workspace --test core_laws licences_doc`.

Listed is what the programs and the phones' library are linked of (`core`, `hub`, `cli`, `bindings`; normal dependencies for Linux and Android).
What only builds or tests them, procedural macros among it, is not. Where a licence offers a choice (`OR`), Apache-2.0 is taken where it is
offered, else MIT. The texts lie in each crate's package. Why each direct dependency is here: [dependencies.md](dependencies.md).

";

/// What ships: its tree is listed.
const SHIPPED: [&str; 4] = ["gridwalk-core", "gridwalk-hub", "gridwalk-cli", "gridwalk-bindings"];

/// Code in C that crates bring along: the crate, what it is, its licence.
const IN_C: [(&str, &str, &str); 6] = [
    ("libsqlite3-sys", "SQLite", "public domain"),
    ("libsqlite3-sys", "SQLCipher, © Zetetic LLC", "BSD-3-Clause"),
    ("openssl-src", "OpenSSL (what is built for release has its own)", "Apache-2.0"),
    ("zstd-sys", "Zstandard", "BSD-3-Clause"),
    ("libmimalloc-sys", "mimalloc", "MIT"),
    ("ring", "BoringSSL's and OpenSSL's primitives", "Apache-2.0 AND ISC"),
];

/// What the Android app adds: the package, where `android/pom.xml` has its version, its licence.
const ON_ANDROID: [(&str, &str, &str); 3] = [
    ("kotlin-stdlib", "kotlin.version", "Apache-2.0"),
    ("kotlinx-coroutines-core-jvm", "coroutines.version", "Apache-2.0"),
    ("jna", "jna.version", "Apache-2.0 OR LGPL-2.1-or-later"),
];

/// What Cargo knows of the workspace and all it rests on, on one platform.
fn metadata(platform: &str) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let ask = |more: &[&str]| {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&root).args(["metadata", "--locked", "--format-version", "1", "--filter-platform", platform]).args(more);
        cargo.output().unwrap()
    };
    let mut said = ask(&["--offline"]);
    if !said.status.success() {
        // Nothing has been built for that platform here yet: the packages that it alone needs are fetched, as for a build.
        said = ask(&[]);
    }
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    serde_json::from_slice(&said.stdout).unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Name, version and licence of each crate of others' that the shipped ones are linked of.
fn linked(metadata: &Value) -> BTreeSet<(String, String, String)> {
    let packages: BTreeMap<&str, &Value> = list(&metadata["packages"]).iter().map(|p| (text(p, "id"), p)).collect();
    let nodes: BTreeMap<&str, &Value> = list(&metadata["resolve"]["nodes"]).iter().map(|n| (text(n, "id"), n)).collect();
    let is_macro = |id: &str| list(&packages[id]["targets"]).iter().any(|t| list(&t["kind"]).iter().any(|k| k == "proc-macro"));
    let mut open: Vec<&str> = packages.iter().filter(|(_, p)| p["source"].is_null() && SHIPPED.contains(&text(p, "name"))).map(|(id, _)| *id).collect();
    assert_eq!(open.len(), SHIPPED.len());
    let mut seen: BTreeSet<&str> = open.iter().copied().collect();
    while let Some(id) = open.pop() {
        let normal = list(&nodes[id]["deps"]).iter().filter(|dep| list(&dep["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()));
        open.extend(normal.map(|dep| text(dep, "pkg")).filter(|id| !is_macro(id) && seen.insert(id)));
    }
    let others = seen.into_iter().map(|id| packages[id]).filter(|p| !p["source"].is_null());
    others.map(|p| (text(p, "name").to_owned(), text(p, "version").to_owned(), text(p, "license").replace('/', " OR ").replace("  ", " "))).collect()
}

fn drawn() -> String {
    let (linux, android) = (metadata("x86_64-unknown-linux-gnu"), metadata("aarch64-linux-android"));
    let all: BTreeSet<_> = linked(&linux).into_iter().chain(linked(&android)).collect();
    let mut page = HEAD.to_owned();
    page += "## Crates\n\n| crate | version | licence |\n| --- | --- | --- |\n";
    for (name, version, licence) in &all {
        assert!(!licence.is_empty(), "{name} declares no licence");
        writeln!(page, "| {name} | {version} | {licence} |").unwrap();
    }
    page += "\n## Code in C within them\n\n| what | in the crate | version of the crate | licence |\n| --- | --- | --- | --- |\n";
    for (name, what, licence) in IN_C {
        let package = list(&linux["packages"]).iter().find(|p| text(p, "name") == name);
        let version = package.map(|p| text(p, "version")).unwrap_or_else(|| panic!("{name} is not here any more"));
        writeln!(page, "| {what} | {name} | {version} | {licence} |").unwrap();
    }
    page += "\n## In the Android app beside the library\n\n| package | version | licence |\n| --- | --- | --- |\n";
    let pom = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../android/pom.xml")).unwrap();
    for (name, property, licence) in ON_ANDROID {
        assert!(pom.contains(&format!("<artifactId>{name}</artifactId>")), "{name} is not here any more");
        let version = pom.split_once(&format!("<{property}>")).and_then(|(_, rest)| rest.split('<').next()).unwrap();
        writeln!(page, "| {name} | {version} | {licence} |").unwrap();
    }
    page
}

#[test]
fn the_page_of_licences_is_what_is_linked() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/licences.md");
    let drawn = drawn();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&page, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(kept == drawn, "docs/licences.md is not what is linked: UPDATE_DOCS=1 cargo test --workspace --test core_laws licences_doc");
}
