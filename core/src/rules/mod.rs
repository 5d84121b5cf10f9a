//! Who may write which path of which kind, judged for every operation of every change, by the phone before it records and
//! by the hub before it takes. The difference of two states would hide deletes and writes undone; operations hide nothing.

mod author;
mod demand;
mod judge;
mod role;
pub mod table;

pub use author::{Author, Grant};
pub use demand::Demand;
pub use judge::{judge, judge_change, judge_recorded};
pub(crate) use judge::{matches, names};
pub use role::{Role, RoleInfo, RoleScope};
pub use table::{Allow, KindRules};

use crate::documents::{Audience, Map};
use crate::error::{Error, ErrorKind};
use crate::ids::Id;

/// A change to a document as its kind's own check sees it, after every path was allowed.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// The document.
    pub id: Id,
    /// Its state without the change; `None` if the change makes it.
    pub before: Option<&'a Map>,
    /// Its state with the change.
    pub after: &'a Map,
    /// The audiences that its author is judged by.
    pub audiences: &'a [Audience],
    /// Who changes it.
    pub author: &'a Author,
}

impl Attempt<'_> {
    /// Whether the author writes at the community's desk, or is the hub.
    pub fn at_desk(&self) -> bool {
        self.author.is(Role::Cadre) || self.author.is(Role::Hub)
    }
}

/// A reason of the rules to refuse, by its stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The author's roles do not reach this document.
    OutsideScope,
    /// No rule lets these roles write this path.
    Path,
    /// Nothing is ever deleted from a document.
    Delete,
    /// An operation that gridwalk never makes.
    Operation,
    /// The change's actor, or the actor of a new id, is another device's.
    Actor,
    /// The author names someone else as the one who did it.
    By,
    /// The state with this change breaks the kind's own rule.
    Check,
}

/// The code of a record that waits because someone else is signed in: whoever made it submits it.
pub const OTHER_PERSON: &str = "other_person";

impl Refusal {
    /// Every refusal.
    pub const ALL: [Self; 7] = [Self::OutsideScope, Self::Path, Self::Delete, Self::Operation, Self::Actor, Self::By, Self::Check];

    /// The stable code, as on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::OutsideScope => "outside_scope",
            Self::Path => "path",
            Self::Delete => "delete",
            Self::Operation => "operation",
            Self::Actor => "actor",
            Self::By => "by",
            Self::Check => "check",
        }
    }

    /// What to tell a person, Chinese and English, for the code of a refusal; unknown codes come from newer hubs.
    pub fn message(code: &str) -> (&'static str, &'static str) {
        match code {
            "outside_scope" => ("这份资料不在您负责的范围内", "this document is outside what you are responsible for"),
            "path" => ("您的角色不能填写这一项", "your role may not write this field"),
            "delete" => ("资料不能删除，只能标记为已移除", "nothing is deleted; it can only be marked as removed"),
            "operation" => ("应用版本与服务器不一致，请更新应用", "this app and the hub do not agree; update the app"),
            "actor" => ("签名的设备与记录的设备不符", "the record's device is not the one that signed"),
            "by" => ("记录人与登录人不符", "the record names someone other than the person signed in"),
            "check" => ("内容不符合这类资料的规则", "the content breaks the rules of this kind of document"),
            "generation" => {
                ("资料已按本人要求删除，未同步的改动不再保留", "the document was erased at the person's request; unsent changes to it are not kept")
            }
            "not_allowed" => ("您的角色现在不能做这件事", "your role may not do this any more"),
            OTHER_PERSON => (
                "由在本机登录过的另一位使用者记录，只能由其本人提交：本人在本机重新入网后重新提交，或把未被接受的记录导出，在本人的手机上读入",
                "recorded by another person who used this phone; only they submit it: after enrolling here again, or on a phone of theirs from an exported file",
            ),
            "gone" => ("资料已不存在，改动无法套用", "what this changed is no longer there"),
            _ => ("服务器没有接受", "the hub did not accept it"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let (zh, en) = Refusal::message(refusal.code());
        Self::new(ErrorKind::NotAllowed, zh, en)
    }
}
