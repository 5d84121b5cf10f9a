//! `docs/rules.md` is drawn from the table of the rules: it says what the code does.

use std::fmt::Write;
use std::path::Path;

use gridwalk_core::documents::Kind;
use gridwalk_core::kinds::SHIPPED;
use gridwalk_core::rules::{Role, RoleScope};

const HEAD: &str = "# Who may do what

Drawn from the data of `core/src/rules` by a test. After a change of the rules: `UPDATE_DOCS=1 cargo test --workspace --test core_laws rules_doc`.

The rules are judged for every operation of every change, by the phone before it records and by the hub before it takes. Beside these
tables it holds for every kind: nothing is deleted; nobody writes `by` in another's name; what is written once is completed by its author
alone (and by the hub); what is found out about times is written once at the root, `start:<boot>` by whose stamps bear that boot, `late:<time>` by the hub; new ids are of the author's own devices; of an edited field `value`, `by`, `at`, `boot` and `since_boot` are written.
A role writes only in documents that it reaches: those of its scope, those at the desk where it reads the desk, and, except in circles,
what everyone of the community or that very person reads.

";

const LEGEND: &str = "
## Paths

**W** may write, also over what stands there; **1** writes it once, and then it stays; **–** may not. `*` is an entry's own id, `{name}` an
entry named by what it stands for (a tag, a person). Of two rows with one path the first that gives a role something holds; here they are
drawn as one.

";

fn cell(kind: &Kind, path: &str, role: Role) -> &'static str {
    match kind.rows().iter().find(|row| split(row.path).iter().any(|p| p == path) && row.roles.contains(&role)) {
        Some(row) if row.once => "1",
        Some(_) => "W",
        None => "–",
    }
}

/// The single paths of a row's path.
fn split(path: &str) -> Vec<String> {
    let (parents, keys) = path.rsplit_once('/').map_or((String::new(), path), |(parents, keys)| (format!("{parents}/"), keys));
    keys.split('|').map(|key| format!("{parents}{key}")).collect()
}

fn drawn() -> String {
    let mut text = HEAD.to_owned();
    text += "## Roles\n\n| 角色 | code | given over | reads the desk |\n| --- | --- | --- | --- |\n";
    for info in Role::ALL {
        let over = match info.over {
            RoleScope::Community => "the community",
            RoleScope::Place => "a grid",
            RoleScope::MicroGrid => "a micro-grid",
            RoleScope::Street => "the street",
            RoleScope::Unit => "a unit",
            RoleScope::Circle => "a circle",
        };
        writeln!(text, "| {} | `{}` | {over} ({}) | {} |", info.zh, info.code, info.over.zh(), if info.desk { "yes" } else { "–" }).unwrap();
    }
    text += LEGEND;
    for kind in SHIPPED {
        let rules = kind.rules;
        write!(text, "### {} `{}`\n\nRead by {}.", rules.zh, rules.kind, rules.read_by).unwrap();
        if !rules.checks.is_empty() {
            write!(text, " Beside the paths: {}.", rules.checks).unwrap();
        }
        text += "\n\n";
        // Paths that every role is told the same of stand in one row.
        let mut rows: Vec<(Vec<String>, Vec<&str>)> = Vec::new();
        for path in kind.rows().iter().flat_map(|row| split(row.path)) {
            let cells: Vec<&str> = Role::ALL.iter().map(|info| cell(kind, &path, info.role)).collect();
            match rows.iter_mut().find(|(paths, same)| *same == cells || paths.contains(&path)) {
                Some((paths, _)) if paths.contains(&path) => {}
                Some((paths, _)) => paths.push(path),
                None => rows.push((vec![path], cells)),
            }
        }
        // Only roles that may write something have a column; what is not drawn may nothing.
        let columns: Vec<usize> = (0..Role::ALL.len()).filter(|n| rows.iter().any(|(_, cells)| cells[*n] != "–")).collect();
        let heads: Vec<&str> = columns.iter().map(|n| Role::ALL[*n].zh).collect();
        writeln!(text, "| path | {} |\n| --- |{}", heads.join(" | "), " --- |".repeat(heads.len())).unwrap();
        for (paths, cells) in rows {
            let paths: Vec<String> = paths.iter().map(|p| format!("`{p}`")).collect();
            let cells: Vec<&str> = columns.iter().map(|n| cells[*n]).collect();
            writeln!(text, "| {} | {} |", paths.join(" "), cells.join(" | ")).unwrap();
        }
        text += "\n";
    }
    text += "Which step of a case who may add: `docs/processes.md`.\n";
    text
}

#[test]
fn the_page_of_the_rules_is_what_the_table_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rules.md");
    let drawn = drawn();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&page, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(kept == drawn, "docs/rules.md is not what the table says: UPDATE_DOCS=1 cargo test --workspace --test core_laws rules_doc");
}
