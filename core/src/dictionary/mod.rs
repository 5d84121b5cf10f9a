//! The dictionary (数据字典): what fields each kind of document has, declared once. From a field's one line follow its path in
//! the rules, its column, its projection, the checks of `add` and `edit`, forms, lists, workbooks and `docs/dictionary.md`.
//!
//! A kind declares its fields as a plain `static` table made by `const fn` builders. What is wrong with a declaration (a key
//! twice, a field that nobody writes) does not build: [`assert_fields`] runs when it is compiled.

mod field;
mod show;

pub use field::{Code, Data, Entries, Field, Label, Order, Type, Write, assert_fields};
pub use show::{FieldValue, shown};

use crate::documents::{CONFIRMED, Kind};
use crate::rules::{Allow, Role};

/// The rows of a kind's rules: its own, which no field holds, and those of its fields and its entries' fields, in this order.
pub fn rows(kind: &Kind) -> Vec<Allow> {
    let own = kind.rules.rows.iter().map(|row| Allow { path: row.path, roles: row.roles, once: row.once, since: row.since });
    let fields = kind.fields.iter().flat_map(|field| field_rows("", field));
    let entries = kind.entries.iter().flat_map(|entries| {
        let prefix = format!("{}/*/", entries.key);
        entries.fields.iter().flat_map(move |field| field_rows(&prefix, field))
    });
    let confirmed = confirmed("", kind.fields).into_iter().chain(kind.entries.iter().filter_map(|e| confirmed(&format!("{}/*/", e.key), e.fields)));
    own.chain(fields).chain(entries).chain(confirmed).collect()
}

/// Whoever keeps any of these fields up to date says of each of them that it is still so: that changes nothing.
fn confirmed(prefix: &str, fields: &[Field]) -> Option<Allow> {
    let keep = |role: &Role| fields.iter().flat_map(|field| &field.writers).any(|writers| !writers.once && writers.roles.contains(role));
    let roles: Vec<Role> = Role::ALL.iter().map(|info| info.role).filter(keep).collect();
    let path: &'static str = Box::leak(format!("{prefix}{CONFIRMED}*").into_boxed_str());
    (!roles.is_empty()).then(|| Allow { path, roles: Box::leak(roles.into_boxed_slice()), once: false, since: 0 })
}

fn field_rows(prefix: &str, field: &Field) -> Vec<Allow> {
    // Made once for each kind in the life of the program, and part of what it is like a `static`.
    let path: &'static str = Box::leak(format!("{prefix}{}", field.path()).into_boxed_str());
    field.writers.iter().filter(|w| !w.roles.is_empty()).map(|w| Allow { path, roles: w.roles, once: w.once, since: field.since }).collect()
}
