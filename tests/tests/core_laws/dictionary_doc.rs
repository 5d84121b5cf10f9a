//! `docs/dictionary.md` is drawn from the declarations: it says what the code does.

use std::fmt::Write;
use std::path::Path;

use gridwalk_core::dictionary::{Data, Field, Type};
use gridwalk_core::documents::Added;
use gridwalk_core::kinds::SHIPPED;

const HEAD: &str = "# 数据字典 Dictionary

Drawn from the declarations of the kinds by a test. After a change of a field: `UPDATE_DOCS=1 cargo test --workspace --test core_laws dictionary_doc`.
Who writes a field is in [rules.md](rules.md).

**!** no record is made without it · **1** stays as it was first written · **P** personal, **S** sensitive: erased with its person, in no log · **F** found by it · **L** shown in lists.

";

fn type_in_words(ty: Type) -> String {
    match ty {
        Type::Text(most) => format!("text, {most} characters"),
        Type::Note(most) => format!("note, {most} characters"),
        Type::Choice(codes) => codes.iter().map(|c| format!("`{}` {}", c.code, c.label.zh)).collect::<Vec<_>>().join(", "),
        Type::Tags => "tags".into(),
        Type::Number { unit, min, max } => format!("{min} to {max} {} ({})", unit.en, unit.zh),
        Type::Money => "money, in 分".into(),
        Type::Date => "day".into(),
        Type::PastDate => "day, not in the future".into(),
        Type::Time => "moment, seconds since 1970 (UTC)".into(),
        Type::PastTime => "moment, not later than its record, seconds since 1970 (UTC)".into(),
        Type::Minutes => "minutes".into(),
        Type::Telephone => "telephone number".into(),
        Type::Position => "position (WGS-84), millionths of a degree in `lat` and `lon`".into(),
        Type::Place => "grid or micro-grid".into(),
        Type::MicroGrid => "micro-grid, set with the grid".into(),
        Type::Reference(kinds) => format!("a {}", kinds.join(" or ")),
        Type::Entry { of, entries } => format!("one of the {entries} of the {of}"),
        Type::Category => "category of reports, by its code".into(),
        Type::Flag => "yes or no".into(),
    }
}

fn named_by(ty: Type) -> String {
    match ty {
        Type::Tags => "a tag".into(),
        Type::Reference(_) => type_in_words(ty),
        _ => "a code".into(),
    }
}

fn table(text: &mut String, fields: &[Field]) {
    *text += "| key | 中文 | English | holds | | headings of offices |\n| --- | --- | --- | --- | --- | --- |\n";
    for f in fields {
        let data = match f.data {
            Data::Plain => "",
            Data::Personal => "P",
            Data::Sensitive => "S",
        };
        let marks = [(f.required, "!"), (f.is_once(), "1"), (!data.is_empty(), data), (f.searched, "F"), (f.listed, "L")];
        let marks: Vec<&str> = marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect();
        let headings = f.headings.join("、");
        let help = if f.help.en.is_empty() { String::new() } else { format!("; {}", f.help.en) };
        writeln!(text, "| `{}` | {} | {} | {}{help} | {} | {headings} |", f.key, f.label.zh, f.label.en, type_in_words(f.ty), marks.join(" ")).unwrap();
    }
    *text += "\n";
}

fn drawn() -> String {
    let mut text = HEAD.to_owned();
    for kind in SHIPPED {
        writeln!(text, "## {} `{}`\n", kind.rules.zh, kind.name).unwrap();
        if let Added::Command(command) = kind.added {
            writeln!(text, "Added by the command `{command}`.\n").unwrap();
        }
        if !kind.fields.is_empty() {
            table(&mut text, kind.fields);
        }
        for entries in kind.entries {
            writeln!(text, "### {} `{}`\n", entries.label.zh, entries.key).unwrap();
            if let Added::Command(command) = entries.added {
                writeln!(text, "Added by the command `{command}`.\n").unwrap();
            }
            table(&mut text, entries.fields);
        }
        for named in kind.named {
            writeln!(text, "### {} `{}`\n", named.label.zh, named.key).unwrap();
            writeln!(text, "Named by {}; each holds {}.\n", named_by(named.names), type_in_words(named.ty)).unwrap();
        }
    }
    text.trim_end().to_owned() + "\n"
}

#[test]
fn the_page_of_the_dictionary_is_what_the_kinds_declare() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/dictionary.md");
    let drawn = drawn();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&page, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(kept == drawn, "docs/dictionary.md is not what the kinds declare: UPDATE_DOCS=1 cargo test --workspace --test core_laws dictionary_doc");
}
