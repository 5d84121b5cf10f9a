//! Text files: finding the encoding, and cutting separated text into rows.

use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::cells::{Cell, Row, Sheet};
use super::mapping::Mapping;

/// Decodes a text file: by its byte order mark, else UTF-8, UTF-16 or GB 18030, whichever fits. `None`: not text.
pub fn decode(bytes: &[u8]) -> Option<String> {
    let (encoding, skip) = Encoding::for_bom(bytes).unwrap_or_else(|| (guess(bytes), 0));
    let text = encoding.decode_without_bom_handling(bytes.get(skip..)?).0;
    let strange = text.chars().filter(|c| *c == '\u{fffd}' || (c.is_control() && !c.is_whitespace())).count();
    // A few bad characters spoil their rows; many mean a picture or a program.
    (strange * 20 <= text.chars().count()).then(|| text.into_owned())
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let zeros = bytes.iter().filter(|b| **b == 0).count();
    let zeros_odd = bytes.iter().skip(1).step_by(2).filter(|b| **b == 0).count();
    let wide = if zeros_odd * 2 > zeros { UTF_16LE } else { UTF_16BE };
    // A stray zero byte may stand in any text; UTF-16 has one beside every separator and digit.
    if zeros * 5 > bytes.len() {
        return wide;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    if zeros > 0 && !wide.decode_without_bom_handling(bytes).1 {
        return wide;
    }
    // UTF-8 with a few bad bytes or a cut end is still UTF-8; GB 18030 read as UTF-8 is bad at nearly every character.
    let text = String::from_utf8_lossy(bytes);
    let bad = text.chars().filter(|c| *c == '\u{fffd}').count();
    let good = text.chars().filter(|c| !c.is_ascii() && *c != '\u{fffd}').count();
    if bad * 10 < good { UTF_8 } else { GB18030 }
}

/// Cuts separated text into rows. The separator is the one under which most headings are found.
pub fn separated(text: &str, mapping: &Mapping) -> Sheet {
    // csv would leave the second half of \r\n to the next record, where it would look like an empty line.
    let text = &text.replace("\r\n", "\n");
    let head: String = text.lines().take(40).map(|line| format!("{line}\n")).collect();
    let matched = |separator: u8| mapping.headings_matched(&cut(&head, separator));
    // The first of equals wins, so a file without known headings is shown as separated by commas.
    let mut best = (b',', matched(b','));
    for separator in [b'\t', b';', b'|'] {
        let count = matched(separator);
        if count > best.1 {
            best = (separator, count);
        }
    }
    cut(text, best.0)
}

fn cut(text: &str, separator: u8) -> Sheet {
    let mut rows = Vec::new();
    let mut number = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let read = cut_until_open_quote(rest, separator, &mut number, &mut rows);
        rest = rest.get(read..).unwrap_or_default();
    }
    rows.retain(|row: &Row| row.open_quote || !row.cells.iter().all(Cell::is_blank));
    Sheet { name: String::new(), rows, separated: true, too_wide: None }
}

/// Reads records up to the first whose quotation mark is never closed, and returns how many bytes were used. Such a
/// mark makes everything up to the next one a single cell: its line is given up and reading goes on with the next line,
/// so that the good rows below are not lost.
fn cut_until_open_quote(text: &str, separator: u8, number: &mut u64, rows: &mut Vec<Row>) -> usize {
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    loop {
        let from = reader.position().byte() as usize;
        // Reading from memory, of valid UTF-8, with records of any length: there is nothing left to go wrong.
        if !reader.read_record(&mut record).unwrap_or(false) {
            return text.len();
        }
        let raw = text.get(from..reader.position().byte() as usize).unwrap_or_default();
        let content = raw.trim_start_matches(['\r', '\n']);
        let skipped = &raw[..raw.len() - content.len()];
        // Empty lines are no records, but spreadsheet programs count them.
        *number += skipped.len() as u64 + 1;
        if !is_well_quoted(content, separator) {
            let line = content.find('\n').map_or(content.len(), |end| end + 1);
            let at_the_end = from + raw.len() == text.len();
            // On a single line a stray mark does no harm.
            if at_the_end || line < content.trim_end().len() {
                rows.push(Row { number: *number, cells: Vec::new(), open_quote: true });
                return from + skipped.len() + line;
            }
        }
        let cells = record.iter().map(|cell| if cell.is_empty() { Cell::Empty } else { Cell::Text(cell.to_owned()) });
        rows.push(Row { number: *number, cells: cells.collect(), open_quote: false });
    }
}

/// True when every cell that begins with a quotation mark ends with one. A mark inside a cell that does not begin with
/// one (`5" 水管`) is an ordinary character.
fn is_well_quoted(record: &str, separator: u8) -> bool {
    let ends_cell = |b: Option<&u8>| b.is_none_or(|b| *b == separator || *b == b'\n' || *b == b'\r');
    let mut bytes = record.as_bytes();
    loop {
        if let Some(quoted) = bytes.strip_prefix(b"\"") {
            bytes = quoted;
            // Two marks in a row are one mark of the text; a single one must close the cell.
            loop {
                let Some(mark) = bytes.iter().position(|b| *b == b'"') else { return false };
                bytes = &bytes[mark + 1..];
                match bytes.strip_prefix(b"\"") {
                    Some(after) => bytes = after,
                    None => break,
                }
            }
            if !ends_cell(bytes.first()) {
                return false;
            }
        }
        match bytes.iter().position(|b| ends_cell(Some(b))) {
            Some(end) => bytes = &bytes[end + 1..],
            None => return true,
        }
    }
}
