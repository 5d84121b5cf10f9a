//! What a cell holds: of a field's value when a workbook is written, of its cell when it comes in again, in one form for both.

use gridwalk_core::dictionary::{Field, Type};
use gridwalk_core::documents::Value;
use gridwalk_core::records::Json;
use gridwalk_core::text::day::day;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

use crate::Flaw;
use crate::cells::Cell;
use crate::fields::paragraphs;

/// China's time.
const CHINA: Offset = Offset::constant(8);

/// The content of a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Nothing.
    Empty,
    /// Text; also telephones and numbers of papers.
    Text(String),
    /// A number; money in yuan.
    Number(f64),
    /// A day.
    Date(Date),
    /// A moment, in China's time.
    Moment(DateTime),
}

impl Content {
    /// Text, or nothing.
    pub fn text(text: &str) -> Self {
        let text = paragraphs(text);
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// A moment of seconds since the Unix epoch (UTC).
    pub fn moment(at: i64) -> Self {
        Timestamp::from_second(at).map_or(Self::Empty, |at| Self::Moment(CHINA.to_datetime(at)))
    }

    /// The content of a field's value; `None` for what is called by the name of something else.
    pub fn of_field(field: &Field, values: &[Value]) -> Self {
        match (field.ty, values) {
            (Type::Number { .. } | Type::Minutes, [Value::Int(n), ..]) => Self::Number(*n as f64),
            (Type::Money, [Value::Int(fen), ..]) => Self::Number(*fen as f64 / 100.0),
            (Type::Date | Type::PastDate, [Value::Text(text), ..]) => text.parse().map_or_else(|_| Self::text(text), Self::Date),
            (Type::Time | Type::PastTime, [Value::Int(at), ..]) => Self::moment(*at),
            (Type::Tags, [Value::Text(words), ..]) => Self::tags(words),
            _ => field.shown_values(values).map_or(Self::Empty, |shown| Self::text(&shown.text)),
        }
    }

    /// Tags in one order.
    fn tags(text: &str) -> Self {
        let mut words = words(text);
        words.sort_unstable();
        words.dedup();
        Self::text(&words.join("、"))
    }

    /// The content of a cell in a column of this field, or of none.
    pub fn of_cell(field: Option<&Field>, cell: Option<&Cell>) -> Result<Self, Flaw> {
        let ty = field.map(|field| field.ty);
        let text = match cell {
            None | Some(Cell::Empty) => return Ok(Self::Empty),
            Some(Cell::Error) => return Err(Flaw::FormulaError),
            Some(Cell::Uncomputed) => return Err(Flaw::Uncomputed),
            Some(Cell::Covered) => return Err(Flaw::Covered),
            Some(Cell::Moment(at, true, _)) if matches!(ty, Some(Type::Date | Type::PastDate)) => return Ok(Self::Date(at.date())),
            Some(Cell::Moment(at, _, _)) if matches!(ty, None | Some(Type::Time | Type::PastTime)) => return Ok(Self::Moment(*at)),
            Some(Cell::Number(n, _)) if matches!(ty, Some(Type::Number { .. } | Type::Minutes | Type::Money)) => return Ok(Self::Number(*n)),
            Some(Cell::Text(text)) => text.clone(),
            Some(Cell::Number(_, shown) | Cell::Moment(_, _, shown)) => shown.clone().ok_or(Flaw::NotShown)?,
        };
        Ok(match (ty, Self::text(&text)) {
            (Some(Type::Date | Type::PastDate), Self::Text(text)) => day(&text).map_or(Self::Text(text), Self::Date),
            (Some(Type::Number { .. } | Type::Minutes | Type::Money), Self::Text(text)) => text.parse().map_or(Self::Text(text), Self::Number),
            (None | Some(Type::Time | Type::PastTime), Self::Text(text)) => text.parse().map_or(Self::Text(text), Self::Moment),
            (Some(Type::Tags), Self::Text(text)) => Self::tags(&text),
            (_, content) => content,
        })
    }

    /// The one text for it, that digests are made of.
    pub fn plain(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(n) => n.to_string(),
            Self::Date(date) => date.to_string(),
            Self::Moment(at) => at.to_string(),
        }
    }

    /// As it is given to `edit`.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Empty => Json::Null,
            Self::Moment(at) => CHINA.to_timestamp(*at).map_or(Json::Null, |at| at.as_second().into()),
            other => other.plain().into(),
        }
    }
}

/// The tags that a text names.
pub fn words(text: &str) -> Vec<&str> {
    text.split([',', '，', '、', ' ', '　', ';', '；', '\n']).filter(|word| !word.is_empty()).collect()
}
