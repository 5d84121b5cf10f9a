//! Entries: what each audience reads of each document, under the number at which it comes. All SQL of that table that writes it or reads
//! it for phones.

use gridwalk_core::ids::Id;

use crate::error::Result;
use crate::store::{Arg, Conn, all, exec, insert_many, select_in};

/// What an entry says of its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// It has a change of this number.
    Changed,
    /// It is new to the audience: all of it is to be read.
    Entered,
    /// It left the audience.
    Left,
}

impl What {
    fn code(self) -> i64 {
        match self {
            Self::Changed => 0,
            Self::Entered => 1,
            Self::Left => 2,
        }
    }

    fn of(code: i64) -> Self {
        match code {
            0 => Self::Changed,
            1 => Self::Entered,
            _ => Self::Left,
        }
    }
}

/// One to be kept.
pub(super) fn entry(tenant: &str, audience: &str, number: u64, doc: &str, what: What) -> Vec<Arg> {
    vec![Arg::text(tenant), Arg::text(audience), Arg::int(number), Arg::text(doc), Arg::int(what.code())]
}

/// Keeps entries.
pub(super) async fn keep(connection: &mut Conn, entries: Vec<Vec<Arg>>) -> Result<()> {
    insert_many(connection, "entries", entries).await
}

/// At most `limit` entries of an audience after `from`, by number: number, document, what. Without those that left, unless `left`.
pub(super) async fn after(connection: &mut Conn, tenant: &str, audience: &str, from: u64, left: bool, limit: i64) -> Result<Vec<(u64, Id, What)>> {
    let marks = if left { "" } else { "AND what <> 2" };
    let sql = format!("SELECT number, doc, what FROM entries WHERE tenant_id = $1 AND audience = $2 AND number > $3 {marks} ORDER BY number LIMIT $4");
    let rows = all(connection, &sql, vec![Arg::text(tenant), Arg::text(audience), Arg::int(from), Arg::int(limit)]).await?;
    rows.iter().map(|row| Ok((u64::try_from(row.get::<i64>(0)?).unwrap_or(0), row.get(1)?, What::of(row.get(2)?)))).collect()
}

/// An entry's number is that of a change, or one at which the document (`$2`) entered or left: by them its entries are found.
const NUMBERS: &str = "SELECT number FROM changes WHERE tenant_id = $1 AND doc = $2
    UNION SELECT entered FROM audiences WHERE tenant_id = $1 AND doc = $2 UNION SELECT left_at FROM audiences WHERE tenant_id = $1 AND doc = $2";

/// Takes away all that was told of a document to this audience.
pub(super) async fn untell(connection: &mut Conn, tenant: &str, doc: &str, audience: &str) -> Result<()> {
    let sql = format!("DELETE FROM entries WHERE tenant_id = $1 AND audience = $3 AND doc = $2 AND number IN ({NUMBERS})");
    exec(connection, &sql, [tenant, doc, audience].map(Arg::text).to_vec()).await.map(drop)
}

/// Takes away all that was told of a document to audiences that it is or was in.
pub(super) async fn untell_all(connection: &mut Conn, tenant: &str, doc: &str) -> Result<()> {
    let sql = format!(
        "DELETE FROM entries WHERE tenant_id = $1 AND doc = $2 AND number IN ({NUMBERS})
         AND audience IN (SELECT audience FROM audiences WHERE tenant_id = $1 AND doc = $2)"
    );
    exec(connection, &sql, [tenant, doc].map(Arg::text).to_vec()).await.map(drop)
}

/// A document's changes up to the number `last` became one: each audience reads the document anew from there, or from where it entered
/// later; that it left stays. The changes must still be there.
pub(super) async fn fold(connection: &mut Conn, tenant: &str, doc: &str, last: i64) -> Result<()> {
    let args = vec![Arg::text(tenant), Arg::text(doc), Arg::int(last)];
    let sql = "DELETE FROM entries WHERE tenant_id = $1 AND doc = $2 AND number <= $3 AND what <> 2
        AND audience IN (SELECT audience FROM audiences WHERE tenant_id = $1 AND doc = $2)
        AND number IN (SELECT number FROM changes WHERE tenant_id = $1 AND doc = $2 UNION SELECT entered FROM audiences WHERE tenant_id = $1 AND doc = $2)";
    exec(connection, sql, args.clone()).await?;
    let sql =
        "INSERT INTO entries SELECT tenant_id, audience, $3, doc, 1 FROM audiences WHERE tenant_id = $1 AND doc = $2 AND left_at IS NULL AND entered <= $3";
    exec(connection, sql, args).await.map(drop)
}

/// Takes away the marks by which phones are told that these documents are gone.
pub async fn stop_telling(connection: &mut Conn, tenant: &str, docs: &[String]) -> Result<()> {
    let sql = "DELETE FROM entries WHERE tenant_id = $1 AND what = 2 AND doc IN ({in})
        AND audience IN (SELECT audience FROM audiences WHERE tenant_id = $1 AND doc IN ({in}) UNION SELECT 'person:' || person FROM devices WHERE tenant_id = $1)
        AND number IN (SELECT number FROM changes WHERE tenant_id = $1 AND doc IN ({in}))";
    select_in(connection, sql, tenant, docs).await.map(drop)
}
