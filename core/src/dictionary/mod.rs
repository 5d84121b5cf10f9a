//! The dictionary (数据字典): what fields each kind of document has, declared once. From a field's one line follow its path in
//! the rules, its column, its projection, the checks of `add` and `edit`, forms, lists, workbooks and `docs/dictionary.md`.
//!
//! A kind declares its fields as a plain `static` table made by `const fn` builders. What is wrong with a declaration (a key
//! twice, a field that nobody writes) does not build: [`assert_fields`] runs when it is compiled.

mod field;
pub mod own;
mod show;

pub use field::{Code, Data, Entries, Field, Label, Named, Order, Type, Write, assert_fields, has_personal};
pub use show::{FieldValue, shown};

use crate::documents::{CONFIRMED, Kind};
use crate::rules::{Allow, Role};

/// The rows of a kind's rules: its own, which no field holds, then those of its fields, its entries' fields and its named values.
pub fn rows(kind: &Kind) -> Vec<Allow> {
    let own = kind.rules.rows.iter().map(|row| Allow { path: row.path, roles: row.roles, once: row.once, since: row.since });
    let fields = kind.fields.iter().flat_map(|field| field_rows("", field));
    let entries = kind.entries.iter().flat_map(|entries| {
        let prefix = format!("{}/*/", entries.key);
        entries.fields.iter().flat_map(move |field| field_rows(&prefix, field))
    });
    let named = kind.named.iter().map(|named| Allow { path: kept(format!("{}/{{name}}", named.key)), roles: named.roles, once: false, since: named.since });
    let confirmed = confirmed(kind, "", kind.fields).into_iter().chain(kind.entries.iter().filter_map(|e| confirmed(kind, &format!("{}/*/", e.key), e.fields)));
    own.chain(fields).chain(entries).chain(named).chain(confirmed).collect()
}

/// Whoever keeps any of these fields up to date says of each of them that it is still so: that changes nothing.
fn confirmed(kind: &Kind, prefix: &str, fields: &[Field]) -> Option<Allow> {
    let keep = |role: &Role| fields.iter().flat_map(|field| &field.writers).any(|writers| !writers.once && writers.roles.contains(role));
    let roles: Vec<Role> = Role::ALL.iter().map(|info| info.role).filter(keep).collect();
    let row = || Allow { path: kept(format!("{prefix}{CONFIRMED}*")), roles: Box::leak(roles.into_boxed_slice()), once: false, since: 0 };
    kind.is_confirmed().then(row).filter(|row| !row.roles.is_empty())
}

fn field_rows(prefix: &str, field: &Field) -> Vec<Allow> {
    let path = kept(format!("{prefix}{}", field.path()));
    field.writers.iter().filter(|w| !w.roles.is_empty()).map(|w| Allow { path, roles: w.roles, once: w.once, since: field.since }).collect()
}

/// A path that is made once in the life of the program, and part of it like a `static`.
fn kept(path: String) -> &'static str {
    Box::leak(path.into_boxed_str())
}
