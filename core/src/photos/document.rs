//! What a photo is: its fields, rules and projection. A photo is complete in its first change; the files are named by their
//! hashes and travel beside the documents.

use super::{LONGEST_SIDE, ORIGINAL_BYTES, THUMBNAIL_BYTES};
use crate::dictionary::{Field, Label, Order, Type};
use crate::documents::{Added, AudienceSource, Kind, Map, Schema, Subject, Value};
use crate::projection::{self, Rows, Table};
use crate::rules::Attempt;
use crate::rules::table::{self, PHOTOGRAPHERS};

const fn of(key: &'static str, zh: &'static str, en: &'static str, ty: Type) -> Field {
    Field::new(key, zh, en, ty, PHOTOGRAPHERS).once().required()
}

const fn number(zh: &'static str, en: &'static str, max: i64) -> Type {
    Type::Number { unit: Label { zh, en }, min: 1, max }
}

/// The fields of a photo.
pub static FIELDS: &[Field] = &[
    of("about", "关于", "about", Type::Reference(ABOUT)).listed(),
    of("record", "所附记录", "taken for", Type::Reference(RECORDS)).listed(),
    of("hash", "原图摘要", "hash of the original", Type::Text(64)),
    of("bytes", "原图大小", "size of the original", number("字节", "bytes", ORIGINAL_BYTES as i64)).listed(),
    of("width", "宽", "width", number("像素", "pixels", LONGEST_SIDE as i64)),
    of("height", "高", "height", number("像素", "pixels", LONGEST_SIDE as i64)),
    of("thumb_hash", "缩略图摘要", "hash of the thumbnail", Type::Text(64)),
    of("thumb_bytes", "缩略图大小", "size of the thumbnail", number("字节", "bytes", THUMBNAIL_BYTES as i64)),
];

/// The fields that are of a photo's files.
const OF_FILES: &[&str] = &["hash", "bytes", "width", "height", "thumb_hash", "thumb_bytes"];

/// Photos. A photo that was taken back names no files any more.
pub static PHOTOS: Table = Table {
    name: "photos",
    columns: &[("by", projection::Type::Text), ("at", projection::Type::Int), ("unanchored", projection::Type::Int), ("removed", projection::Type::Int)],
    fields: FIELDS,
    indexes: &["record, at", "hash", "thumb_hash", "at"],
};

/// The kinds of what photos are taken for.
pub(crate) const RECORDS: &[&str] = &["visit", "report", "demand", "household", "health", "minor", "mediation"];

/// What photos are about: a visit's about its household.
const ABOUT: &[&str] = &["report", "demand", "household", "health", "minor", "mediation"];

/// A photo; read by whoever reads what it is about.
pub static PHOTO: Kind = Kind {
    name: "photo",
    versions: &[Schema { number: 14, containers: &[] }],
    fields: FIELDS,
    title: "",
    orders: &[Order { key: "newest", label: Label { zh: "最近拍摄", en: "newest" }, column: "at", descending: true }],
    filters: &["record"],
    entries: &[],
    named: &[],
    process: None,
    added: Added::Command("photos.take"),
    complete: |_, _, _| Ok(()),
    tables: &[&PHOTOS],
    project,
    audiences: |tree, _| match tree.id("about") {
        Some(about) => AudienceSource::Of { about, kinds: ABOUT },
        None => AudienceSource::Own(vec![]),
    },
    rules: &table::PHOTO,
    keep_days: Some(365),
    check,
    demands: &[],
    subjects: &[Subject::About],
};

/// Sizes are bounded, because the hub keeps what a document names. Only who took it, or the desk, takes it back.
fn check(attempt: &Attempt<'_>) -> bool {
    let after = attempt.after;
    let within = |key: &str, most: usize| after.int(key).is_some_and(|n| n > 0 && usize::try_from(n).is_ok_and(|n| n <= most));
    let hash = |key: &str| after.text(key).len() == 64 && after.text(key).bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let whole = after.id("about").is_some()
        && after.id("record").is_some()
        && !after.text("by").is_empty()
        && hash("hash")
        && hash("thumb_hash")
        && within("bytes", ORIGINAL_BYTES)
        && within("thumb_bytes", THUMBNAIL_BYTES)
        && within("width", LONGEST_SIDE as usize)
        && within("height", LONGEST_SIDE as usize);
    let taken_back = after.flag("removed") != attempt.before.is_some_and(|b| b.flag("removed"));
    whole && (!taken_back || after.id("by") == Some(attempt.author.person) || attempt.at_desk())
}

fn project(tree: &Map, rows: &mut Rows) {
    let removed = tree.flag("removed");
    let mut values = vec![tree.value("by").clone()];
    values.extend(tree.when());
    values.push(i64::from(removed).into());
    let shown = |field: &Field| if removed && OF_FILES.contains(&field.key) { Value::Null } else { field.of(tree).clone() };
    values.extend(FIELDS.iter().map(shown));
    rows.push(&PHOTOS, "", values);
}
