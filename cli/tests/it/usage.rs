//! Help, and command lines that are not ours.

use crate::terminal::Terminal;

/// The commands that a help text lists: clap's own list, each with its line.
fn listed(help: &str) -> Vec<(String, String)> {
    let lines = help.lines().skip_while(|line| *line != "命令 / Commands:").skip(1);
    // A long line goes on in the next, further in.
    let lines = lines.take_while(|line| !line.is_empty()).filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    lines.map(|line| (line.split_whitespace().next().unwrap().to_owned(), line.to_owned())).collect()
}

/// Looks at the help of the command at `path` and of all below it; returns how many they are.
fn walk(t: &Terminal, path: &[&str]) -> usize {
    let own = t.text(&[path, &["--help"]].concat());
    let name = path.join(" ");
    assert!(own.contains(format!("用法 / Usage: gridwalk {name}").trim_end()) && own.contains("--json"), "{own}");
    // What it is for, in both languages, before anything else.
    let about = own.lines().next().unwrap();
    assert!(!about.is_ascii() && about.contains(" / "), "{name}: {about}");
    assert_eq!(t.text(&[path, &["-h"]].concat()).lines().next(), Some(about), "{name}");
    let headings = own.lines().filter(|line| line.ends_with(':') && !line.starts_with(' '));
    headings.for_each(|heading| assert!(!heading.is_ascii() && heading.contains(" / "), "{name}: {heading}"));
    let below = listed(&own);
    for (command, line) in &below {
        assert!(!line.is_ascii() && line.contains(" / "), "{name}: {line}");
        assert!(command != "help", "{name} lists clap's own help");
    }
    1 + below.iter().map(|(command, _)| walk(t, &[path, &[command]].concat())).sum::<usize>()
}

#[test]
fn every_command_has_help_in_chinese_and_english() {
    let t = Terminal::new();
    let top = listed(&t.text(&["--help"]));
    // A list that is not found would be walked in silence.
    for known in ["enrol", "visit", "shred"] {
        assert!(top.iter().any(|(command, _)| command == known), "{known} is not in {top:?}");
    }
    assert!(walk(&t, &[]) > 1 + top.len(), "nothing below {top:?}");
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
