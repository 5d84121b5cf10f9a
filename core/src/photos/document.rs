//! The shape of a photo document and its projection. A photo is complete in its first change; the files are named by their
//! hashes and travel beside the documents.

use super::{LONGEST_SIDE, ORIGINAL_BYTES, THUMBNAIL_BYTES};
use crate::documents::{Kind, Map, Place, Schema, Subject};
use crate::projection::{Rows, Table, Type};
use crate::rules::{Attempt, table};

/// Photos. A photo that was taken back names no files any more.
pub static PHOTOS: Table = Table {
    name: "photos",
    fields: &[],
    columns: &[
        ("about", Type::Text),
        ("record", Type::Text),
        ("by", Type::Text),
        ("at", Type::Int),
        ("unanchored", Type::Int),
        ("hash", Type::Text),
        ("bytes", Type::Int),
        ("width", Type::Int),
        ("height", Type::Int),
        ("thumb_hash", Type::Text),
        ("thumb_bytes", Type::Int),
        ("removed", Type::Int),
    ],
    indexes: &["record, at", "hash", "thumb_hash"],
};

/// What photos are about: a visit's about its household.
const ABOUT: &[&str] = &["report", "household", "health", "minor", "mediation"];

/// A photo; read by whoever reads what it is about.
pub static PHOTO: Kind = Kind {
    name: "photo",
    versions: &[Schema { number: 14, containers: &[] }],
    fields: &[],
    title: "",
    orders: &[],
    filters: &[],
    entries: &[],
    is_added: false,
    tables: &[&PHOTOS],
    project,
    place: |tree, _| match tree.id("about") {
        Some(about) => Place::Of { about, kinds: ABOUT },
        None => Place::Own(vec![]),
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
    let mut values = ["about", "record", "by"].map(|c| tree.value(c).clone()).to_vec();
    values.extend(tree.when());
    values.extend(
        ["hash", "bytes", "width", "height", "thumb_hash", "thumb_bytes"].map(|c| if removed { crate::documents::Value::Null } else { tree.value(c).clone() }),
    );
    values.push(i64::from(removed).into());
    rows.push(&PHOTOS, "", values);
}
