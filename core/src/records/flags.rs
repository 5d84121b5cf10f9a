//! What every row, card and entry says beside its content: whether it waits to be sent, and whether people differ about it.

/// Columns that say of the document with the id `doc` (SQL) whether something of it is recorded here that the hub has not answered yet,
/// and whether a field of it holds several values that people set at the same time.
pub(crate) fn flags(doc: &str) -> String {
    format!("EXISTS (SELECT 1 FROM changes x WHERE x.doc = {doc} AND x.taken = 0), EXISTS (SELECT 1 FROM conflicts x WHERE x.doc = {doc})")
}

/// The same of the entry with the id `entry` (SQL) under `container` (SQL) of the document. A command names the entry that it edits and answers
/// with the one that it adds; what adds the whole record adds its entries.
pub(crate) fn entry_flags(doc: &str, container: &str, entry: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM changes x JOIN commands k ON k.n = x.command WHERE x.doc = {doc} AND x.taken = 0
           AND (k.value = {entry} OR instr(k.body, {entry}) OR json_extract(k.body, '$.command') = 'records.add')),
         EXISTS (SELECT 1 FROM conflicts x WHERE x.doc = {doc} AND instr(x.path, {container} || '/' || {entry} || '/') = 1)"
    )
}
