//! Reading one document at the hub: by a cadre who says why, and logged. What concerns a minor is shown only with an approval that
//! another cadre recorded before, for this reader and this document.

use gridwalk_core::ids::{DeviceId, Id};
use gridwalk_core::photos::document::PHOTO;
use gridwalk_core::rules::Role;
use serde::Serialize;

use crate::error::{HubError, Result};
use crate::hub::{Hub, Tenant};
use crate::registry::act_log::{Act, record};
use crate::store::{Arg, Conn, all};
use crate::sync::{Batch, author_of};

/// For how long an approval is good, in seconds: a day.
pub const APPROVAL_SECONDS: i64 = 86_400;

/// Why a document is read at the hub. A code and no free text: the log holds no personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A complaint is answered.
    Complaint,
    /// A resident asks what is kept, or for a correction or erasure.
    Request,
    /// Someone is in danger.
    Safety,
    /// A court, the police or a supervisor asks with a paper.
    Duty,
}

impl Reason {
    /// All reasons with their codes and what people call them.
    pub const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Complaint, "complaint", "投诉"),
        (Self::Request, "request", "本人请求"),
        (Self::Safety, "safety", "人身安全"),
        (Self::Duty, "duty", "依法协助"),
    ];

    /// The stable code.
    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(r, ..)| *r == self).map_or("", |(_, code, _)| code)
    }
}

impl std::str::FromStr for Reason {
    type Err = HubError;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.iter().find(|(_, code, zh)| *code == text || *zh == text).map(|(r, ..)| *r).ok_or_else(|| {
            HubError::usage(
                "事由是 complaint（投诉）、request（本人请求）、safety（人身安全）或 duty（依法协助）",
                "the reason is complaint, request, safety or duty",
            )
        })
    }
}

/// A document as it stands.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// The document.
    pub document: Id,
    /// Its kind.
    pub kind: &'static str,
    /// Its state, as JSON.
    pub state: serde_json::Value,
}

/// Records that cadre `by` approves that `reader` reads `document`, for a day. Returns the approval's number in the log.
pub async fn approve(hub: &Hub, tenant: &Tenant, document: Id, by: Id, reader: Id, reason: Reason) -> Result<i64> {
    if by == reader {
        return Err(HubError::usage("不能批准自己查看", "nobody approves their own reading"));
    }
    let mut tx = hub.store.write(&tenant.id).await?;
    for person in [by, reader] {
        check_cadre(&mut tx, hub, tenant, person).await?;
    }
    let act = Act { by: &by.to_string(), verb: "approve_read", subject: &document.to_string(), detail: &format!("for {reader} {}", reason.code()) };
    record(&mut tx, &tenant.id, hub.now(), act).await?;
    let sql = "SELECT seq FROM audit_ends WHERE tenant_id = $1";
    let seq = crate::store::one(&mut tx, sql, vec![Arg::text(&tenant.id)]).await?.get(0)?;
    tx.commit().await?;
    Ok(seq)
}

/// The state of `document` for cadre `by`, who says why; the read is logged before it is answered.
///
/// # Errors
/// If there is no such document, or it concerns a minor and `approval` is none of another cadre for this reader of the last day.
pub async fn show(hub: &Hub, tenant: &Tenant, document: Id, by: Id, reason: Reason, approval: Option<i64>) -> Result<Shown> {
    let mut tx = hub.store.write(&tenant.id).await?;
    check_cadre(&mut tx, hub, tenant, by).await?;
    let mut batch = Batch::new(hub, tenant);
    let doc = batch.document(&mut tx, document).await?.ok_or_else(|| HubError::usage("没有这份资料", "there is no such document"))?;
    let kind = doc.kind().name;
    // A photo tells of what it was taken for.
    let about = match doc.tree().id("about").filter(|_| kind == PHOTO.name) {
        Some(about) => batch.document(&mut tx, about).await?,
        None => None,
    };
    if about.as_ref().unwrap_or(&doc).kind().name == "minor" {
        check_approval(&mut tx, hub, tenant, document, by, approval).await?;
    }
    let detail = match approval {
        Some(seq) => format!("{kind} {} approval {seq}", reason.code()),
        None => format!("{kind} {}", reason.code()),
    };
    record(&mut tx, &tenant.id, hub.now(), Act { by: &by.to_string(), verb: "show", subject: &document.to_string(), detail: &detail }).await?;
    let shown = Shown { document, kind, state: doc.tree().to_json() };
    tx.commit().await?;
    Ok(shown)
}

async fn check_cadre(connection: &mut Conn, hub: &Hub, tenant: &Tenant, person: Id) -> Result<()> {
    if author_of(connection, tenant, DeviceId([0; 8]), person, None, hub.now()).await?.is(Role::Cadre) {
        return Ok(());
    }
    Err(HubError::usage("只有社区干部可以查看或批准", "only a cadre of the community reads or approves"))
}

async fn check_approval(connection: &mut Conn, hub: &Hub, tenant: &Tenant, document: Id, by: Id, approval: Option<i64>) -> Result<()> {
    let sql = "SELECT by_whom, detail FROM audit_log WHERE tenant_id = $1 AND seq = $2 AND verb = 'approve_read' AND subject = $3 AND at > $4";
    let oldest = hub.now() - APPROVAL_SECONDS;
    let args = vec![Arg::text(&tenant.id), Arg::Int(approval), Arg::text(&document.to_string()), Arg::int(oldest)];
    let good = match all(connection, sql, args).await?.first() {
        Some(row) => row.get::<String>(0)? != by.to_string() && row.get::<String>(1)?.starts_with(&format!("for {by} ")),
        None => false,
    };
    if good {
        return Ok(());
    }
    Err(HubError::usage(
        "查看未成年人的资料须先由另一位社区干部批准（gridwalk-hub approve），一日内有效，并用 --approval 指明",
        "a minor's document is shown after another cadre approved it (gridwalk-hub approve), within a day, with --approval",
    ))
}
