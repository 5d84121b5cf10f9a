//! Who may write which path of which kind, judged for every operation of every change, by the phone before it records and
//! by the hub before it takes. The difference of two states would hide deletes and writes undone; operations hide nothing.

mod judge;

pub use judge::{judge, judge_change};

use std::fmt;
use std::str::FromStr;

use crate::documents::Audience;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{DeviceId, Id};

/// What a person is to a community.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// 网格员: serves the households of a grid.
    GridWorker,
    /// 在职党员: reports in, claims, serves, keeps their own record.
    Member,
    /// 社区干部: at the community's desk.
    Cadre,
    /// The hub itself: import, `settled` steps, generations.
    Hub,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GridWorker => "grid_worker",
            Self::Member => "member",
            Self::Cadre => "cadre",
            Self::Hub => "hub",
        })
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        match s {
            "grid_worker" => Ok(Self::GridWorker),
            "member" => Ok(Self::Member),
            "cadre" => Ok(Self::Cadre),
            "hub" => Ok(Self::Hub),
            _ => Err(Error::invalid("未知的角色", "unknown role; one of grid_worker, member, cadre")),
        }
    }
}

/// One row of a kind's rules: these roles may write these paths.
#[derive(Debug)]
pub struct Allow {
    /// Keys from the root joined by `/`: `a|b` is either key, `x:*` any key that begins so, `*` an entry's own id, `{name}`
    /// an entry named by what it stands for (a tag, a person). Below its last key the parts of an edited value are allowed.
    pub path: &'static str,
    /// Who may.
    pub roles: &'static [Role],
    /// Whether the value stays as it was first written.
    pub once: bool,
}

/// A role over a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// What it reaches: a grid for a grid worker, the community for others.
    pub scope: Audience,
}

/// Who signed a bundle, as the rules see it.
#[derive(Debug, Clone)]
pub struct Author {
    /// The signing device.
    pub device: DeviceId,
    /// Devices whose ids the person may carry: this one and their earlier ones.
    pub devices: Vec<DeviceId>,
    /// The person.
    pub person: Id,
    /// Their roles when the bundle was made, or now.
    pub grants: Vec<Grant>,
}

impl Author {
    /// The hub of a community, where it writes itself.
    pub fn of_hub(device: DeviceId, person: Id) -> Self {
        Self { device, devices: vec![device], person, grants: vec![Grant { role: Role::Hub, scope: Audience::Community }] }
    }

    /// Whether any of the author's roles is `role`.
    pub fn is(&self, role: Role) -> bool {
        self.grants.iter().any(|g| g.role == role)
    }

    /// The roles that reach a document with these audiences.
    pub fn roles_for(&self, audiences: &[Audience]) -> Vec<Role> {
        let reaches = |g: &&Grant| match g.role {
            Role::Hub | Role::Cadre => true,
            Role::Member => audiences.contains(&Audience::Community) || audiences.contains(&Audience::Person(self.person)),
            Role::GridWorker => audiences.contains(&g.scope) || audiences.contains(&Audience::Community) || audiences.contains(&Audience::Person(self.person)),
        };
        self.grants.iter().filter(reaches).map(|g| g.role).collect()
    }

    /// The audiences this author reads: their own, and the community's while they have any role in it.
    pub fn audiences(&self) -> Vec<Audience> {
        let mut all = vec![Audience::Person(self.person)];
        if !self.grants.is_empty() {
            all.push(Audience::Community);
        }
        all.extend(self.grants.iter().map(|g| g.scope.clone()));
        if self.is(Role::Cadre) {
            all.push(Audience::Desk);
        }
        all.sort();
        all.dedup();
        all
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
