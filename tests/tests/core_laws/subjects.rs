//! Whose personal data documents of each kind hold, written by hand beside the declarations: an erasure follows those.

use gridwalk_core::documents::Subject;
use gridwalk_core::kinds::SHIPPED;
use gridwalk_core::projection::Type;

/// What goes when someone is erased, kind by kind: in which table and column whoever it is about is named.
const EXPECTED: [(&str, &str); 20] = [
    ("place", ""),
    ("household", "entries residents"),
    ("visit", "about"),
    ("report", "words"),
    ("demand", "words"),
    ("person", "itself"),
    ("activity", ""),
    ("attendance", "attendances.person"),
    ("claim", "claims.person"),
    ("goods", ""),
    ("movement", "about words"),
    ("paper", "papers.resident papers.household"),
    ("settings", ""),
    ("category_list", ""),
    ("photo", "about"),
    ("circle", ""),
    ("health", "health.resident health.household"),
    ("minor", "minors.resident minors.household"),
    ("mediation", "words"),
    ("unit", ""),
];

fn said(subject: &Subject) -> String {
    match subject {
        Subject::Itself => "itself".into(),
        Subject::Entries { container, .. } => format!("entries {container}"),
        Subject::Named { table, column } => format!("{}.{column}", table.name),
        Subject::About => "about".into(),
        Subject::Words => "words".into(),
    }
}

#[test]
fn every_kind_says_whose_data_it_holds() {
    let declared: Vec<(&str, String)> = SHIPPED.iter().map(|k| (k.name, k.subjects.iter().map(said).collect::<Vec<_>>().join(" "))).collect();
    assert_eq!(declared, EXPECTED.map(|(kind, subjects)| (kind, subjects.to_owned())));
    for kind in SHIPPED {
        for subject in kind.subjects {
            // What an erasure looks for can be found.
            match subject {
                Subject::Entries { container, table } => {
                    assert!(kind.versions.iter().any(|v| v.containers.contains(container)), "{}", kind.name);
                    assert!(kind.tables.iter().any(|t| t.name == table.name), "{}", kind.name);
                }
                Subject::Named { table, column } => {
                    assert!(kind.tables.iter().any(|t| t.name == table.name), "{}", kind.name);
                    assert!(table.all_columns().any(|(name, of)| name == *column && of == Type::Text), "{}", kind.name);
                }
                Subject::Itself | Subject::About | Subject::Words => {}
            }
        }
    }
}
