//! Help, and command lines that are not ours.

use crate::terminal::Terminal;

const COMMANDS: &[&str] = &[
    "enrol",
    "sync",
    "status",
    "today",
    "find",
    "near",
    "show",
    "visit",
    "edit",
    "report",
    "me",
    "persons",
    "categories",
    "activities",
    "claim",
    "sign-in",
    "sign-out",
    "hours",
    "conflicts",
    "resubmit",
    "give-up",
    "export",
    "rebuild",
];

#[test]
fn every_command_has_help_in_chinese_and_english() {
    let t = Terminal::new();
    let help = t.text(&["--help"]);
    for command in COMMANDS {
        let line = help.lines().find(|l| l.trim_start().starts_with(&format!("{command} "))).unwrap_or_else(|| panic!("{command} is not in {help}"));
        assert!(!line.is_ascii() && line.contains(" / "), "{line}");
        let own = t.text(&[command, "--help"]);
        assert!(own.contains("用法 / Usage: gridwalk") && own.contains("--json"), "{own}");
    }
    for nested in [&["edit", "resident"][..], &["edit", "household"], &["edit", "add-resident"], &["report", "raise"], &["conflicts", "settle"]] {
        let own = t.text(&[nested, &["-h"]].concat());
        assert!(own.contains("参数 / Arguments") && !own.is_ascii(), "{own}");
    }
    assert!(t.text(&["--version"]).starts_with("gridwalk "));
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    let t = Terminal::new();
    for args in [
        &["fly"][..],
        &["visit", "王"],
        &["visit", "王", "--result", "asleep"],
        &["near", "somewhere"],
        &["report", "show", "not-an-id"],
        &["today", "--limit", "many"],
        &["export", "--automerge"],
        &["conflicts", "settle"],
    ] {
        let error = t.error(2, args);
        assert_eq!(error["code"], "usage", "{args:?}");
        assert!(!error["en"].as_str().unwrap().starts_with("error"), "{error}");
    }
    let said = t.run(&["visit", "王", "--result", "asleep"]);
    assert_eq!(said.status, Some(2));
    assert!(said.out.is_empty() && said.err.contains("已见面") && said.err.contains("met"), "{}", said.err);
    assert_eq!(t.run(&[]).status, Some(2));
    assert_eq!(t.error(2, &[])["code"], "usage");
}
