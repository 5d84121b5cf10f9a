//! Everything that is printed: answers to standard output, as text or JSON; errors, warnings and progress to standard error.
//! A reader that goes away (`| head`) ends the program quietly.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use comfy_table::{Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table, presets};
use gridwalk_core::phone::Outcome;
use indicatif::{ProgressBar, ProgressStyle};
use owo_colors::OwoColorize;
use serde_json::{Value, json};

use crate::failure::{Failure, Result, Trouble};

/// Where answers go and how they look.
#[derive(Debug)]
pub struct Screen {
    json: bool,
    out: Style,
    err: Style,
}

/// How text looks: in colours on a terminal, plain elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    colours: bool,
}

/// What a text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    Plain,
    /// As it should be.
    Good,
    /// Worth a look.
    Warn,
    /// Wrong or too late.
    Bad,
    /// Beside the matter: ids, hints.
    Dim,
    /// A heading.
    Bold,
}

impl Screen {
    /// The process's own outputs; answers as JSON if `json`.
    pub fn new(json: bool) -> Self {
        let colours = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        let style = |terminal: bool| Style { colours: colours && terminal };
        Self { json, out: style(io::stdout().is_terminal()), err: style(io::stderr().is_terminal()) }
    }

    /// Whether answers are JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints an answer: `value` as a line of JSON, or the text that `text` makes.
    pub fn answer(&self, value: &Value, text: impl FnOnce(Style) -> String) -> Result {
        self.line(&if self.json { value.to_string() } else { text(self.out) })
    }

    /// Prints what a command did.
    pub fn recorded(&self, outcome: &Outcome, zh: &str, en: &str) -> Result {
        let value = json!({"command": outcome.command, "value": outcome.value, "changed": outcome.changed});
        self.answer(&value, |s| {
            // The command itself is kept either way.
            if outcome.changed.iter().all(|table| *table == "commands") {
                return s.text("内容没有变化 / nothing changed", Tone::Dim);
            }
            format!("{} {}", s.text(format!("{zh} / {en}"), Tone::Good), s.text(outcome.value, Tone::Dim))
        })
    }

    /// Prints one line as it is.
    pub fn line(&self, text: &str) -> Result {
        self.bytes(format!("{}\n", text.trim_end_matches('\n')).as_bytes())
    }

    /// Writes bytes as they are.
    pub fn bytes(&self, bytes: &[u8]) -> Result {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(|e| Failure::file("stdout", e))
    }

    /// Whether answers go to a terminal.
    pub fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// A hint beside an answer.
    pub fn hint(&self, zh: &str, en: &str) {
        if !self.json {
            self.aside(&self.err.text(format!("{zh} / {en}"), Tone::Dim));
        }
    }

    /// A warning.
    pub fn warn(&self, zh: &str, en: &str) {
        self.aside(&format!("{}{zh} / {en}", self.err.text("注意：", Tone::Warn)));
    }

    /// Tells what went wrong, in words on standard error and with `--json` on standard output too.
    pub fn trouble(&self, trouble: &Trouble) {
        let label = self.err.text("错误：", Tone::Bad);
        let mut text = format!("{label}{} / {}", trouble.zh, trouble.en);
        for cause in &trouble.causes {
            text.push('\n');
            text.push_str(&self.err.text(format!("  原因 / cause: {cause}"), Tone::Dim));
        }
        if let Some((_, candidates)) = &trouble.candidates {
            text.push('\n');
            text.push_str(candidates);
        }
        self.aside(&text);
        if self.json {
            // There is no one left to tell if this fails too.
            drop(self.line(&trouble.to_json().to_string()));
        }
    }

    fn aside(&self, text: &str) {
        // Standard error is the last resort: what cannot be written there is lost.
        drop(writeln!(io::stderr(), "{text}"));
    }

    /// Shows that something is going on whose length nobody knows; on a terminal only.
    pub fn spinner(&self, message: &str) -> ProgressBar {
        let bar = ProgressBar::new_spinner().with_style(style("{spinner} {msg}")).with_message(message.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }

    /// A bar for long work; on a terminal only.
    pub fn bar(&self, message: &str) -> ProgressBar {
        ProgressBar::new(0).with_style(style("{msg} {bar:40} {pos}/{len} {eta}")).with_message(message.to_owned())
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

impl Style {
    /// Without colours.
    pub const PLAIN: Self = Self { colours: false };

    /// A text in its tone.
    pub fn text(self, text: impl Display, tone: Tone) -> String {
        let text = plain(&text.to_string());
        match tone {
            _ if !self.colours => text,
            Tone::Plain => text,
            Tone::Good => text.green().to_string(),
            Tone::Warn => text.yellow().to_string(),
            Tone::Bad => text.red().to_string(),
            Tone::Dim => text.dimmed().to_string(),
            Tone::Bold => text.bold().to_string(),
        }
    }

    /// A table with these columns.
    pub fn table(self, columns: &[&str]) -> Table {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
        if !self.colours {
            // Without its terminal a table does not know how wide it may be.
            let width = table.width();
            table.force_no_tty();
            if let Some(width) = width {
                table.set_width(width);
            }
        }
        if !columns.is_empty() {
            table.set_header(columns.iter().map(|name| Cell::new(name).add_attribute(Attribute::Bold)));
        }
        // Ids are copied and days read at a glance: they are never broken into lines.
        for (i, _) in columns.iter().enumerate().filter(|(_, name)| ["Id", "Due", "Raised"].iter().any(|word| name.ends_with(word))) {
            if let Some(column) = table.column_mut(i) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        table
    }
}

/// A cell of a table.
pub fn cell(text: impl Display) -> Cell {
    Cell::new(plain(&text.to_string()))
}

/// A cell with a number.
pub fn number(text: impl Display) -> Cell {
    cell(text).set_alignment(CellAlignment::Right)
}

/// A cell in its tone.
pub fn toned(text: impl Display, tone: Tone) -> Cell {
    let cell = cell(text);
    match tone {
        Tone::Plain => cell,
        Tone::Good => cell.fg(Color::Green),
        Tone::Warn => cell.fg(Color::Yellow),
        Tone::Bad => cell.fg(Color::Red),
        Tone::Dim => cell.fg(Color::DarkGrey),
        Tone::Bold => cell.add_attribute(Attribute::Bold),
    }
}

/// What other people wrote must not steer this terminal.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_others_cannot_steer_the_terminal() {
        assert_eq!(plain("王\u{1b}[31m秀\n英\u{7}\r"), "王[31m秀\n英");
    }

    #[test]
    fn a_table_without_a_terminal_is_plain_text() {
        let mut table = Style { colours: false }.table(&["户"]);
        table.add_row([toned("红", Tone::Bad)]);
        assert!(!table.to_string().contains('\u{1b}'));
    }
}
