//! Envelopes in a request and what the hub says of them.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Transaction, params};

use super::intake::Intake;
use super::protocol::{Carried, CarriedAnswer, MAX_CARRIED_AT_ONCE, Outcome};
use crate::error::{Error, Result};
use crate::store::{from_json, to_json};

/// How long a phone carries something, in seconds.
pub const KEEP_CARRIED_SECONDS: i64 = 90 * 86_400;

/// What this phone carries and can offer to `hub` now, as rows of `carried k`; the hub's address is `?1`.
const OFFERED: &str = "k.envelope IS NOT NULL AND coalesce(k.outcome, 1) = 1 AND NOT EXISTS (SELECT 1 FROM json_each(k.elsewhere) WHERE value = ?1)";

/// The envelopes of the next request to `hub`, by row: those never offered first. `budget` is what is left of the request's
/// bytes; one goes in any case.
pub(super) fn offer(tx: &Transaction<'_>, hub: &str, mut budget: i64) -> Result<(Vec<i64>, Vec<Carried>)> {
    let mut statement = tx.prepare_cached(&format!("SELECT k.n, k.envelope, k.vouch FROM carried k WHERE {OFFERED} ORDER BY k.asked, k.n LIMIT ?2"))?;
    let mut rows = statement.query(params![hub, MAX_CARRIED_AT_ONCE as i64])?;
    let (mut numbers, mut carried) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let envelope: Vec<u8> = row.get(1)?;
        budget -= i64::try_from(envelope.len()).unwrap_or(i64::MAX);
        if budget < 0 && !numbers.is_empty() {
            break;
        }
        numbers.push(row.get(0)?);
        carried.push(Carried { envelope: envelope.into(), vouch: row.get(2)? });
    }
    Ok((numbers, carried))
}

/// Whether something is carried that `hub` has never been asked about.
pub(super) fn is_left(tx: &Transaction<'_>, hub: &str) -> Result<bool> {
    Ok(tx.query_row(&format!("SELECT EXISTS (SELECT 1 FROM carried k WHERE k.asked IS NULL AND {OFFERED})"), [hub], |r| r.get(0))?)
}

impl Intake<'_> {
    /// Keeps what the hub said of the envelopes in rows `offered`.
    pub(super) fn carried(&mut self, hub: &str, offered: &[i64], answers: &[CarriedAnswer]) -> Result<()> {
        // A hub that does not know of envelopes yet says nothing of them: they wait for one that does.
        if !answers.is_empty() && answers.len() != offered.len() {
            return Err(Error::malformed("receipts"));
        }
        for n in offered {
            self.tx.prepare_cached("UPDATE carried SET asked = ?2 WHERE n = ?1")?.execute(params![n, self.hub_time])?;
        }
        for (n, answer) in offered.iter().zip(answers) {
            if answer.outcome == Outcome::Elsewhere {
                let known: Option<String> = self.tx.query_row("SELECT elsewhere FROM carried WHERE n = ?1", [n], |r| r.get(0)).optional()?;
                let Some(known) = known else { continue };
                let mut hubs: BTreeSet<String> = from_json(&known)?;
                hubs.insert(hub.to_owned());
                // Another hub of this phone's may know it.
                self.tx.execute("UPDATE carried SET elsewhere = ?2, asked = NULL WHERE n = ?1", params![n, to_json(&hubs)?])?;
                continue;
            }
            let kept = matches!(answer.outcome, Outcome::Waiting | Outcome::Outcast);
            let receipt = answer.receipt.as_ref().map(|r| r.to_vec());
            self.tx
                .prepare_cached("UPDATE carried SET outcome = ?2, receipt = coalesce(?3, receipt), envelope = CASE WHEN ?4 THEN envelope END WHERE n = ?1")?
                .execute(params![n, answer.outcome.number(), receipt, kept])?;
            self.report.carried += u64::from(answer.outcome == Outcome::Delivered);
        }
        Ok(())
    }
}
