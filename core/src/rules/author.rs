//! Who writes: a person behind a device, with their roles and what each reaches.

use super::{Role, RoleScope};
use crate::documents::Audience;
use crate::ids::{DeviceId, Id};

/// A role over a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// What it is given over: what [`Role::over`] says.
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

    /// The roles that reach a document with these audiences: by their scope, at the desk, and, but for circles, what everyone
    /// of the community or this very person reads.
    pub fn roles_for(&self, audiences: &[Audience]) -> Vec<Role> {
        let shared = audiences.contains(&Audience::Community) || audiences.contains(&Audience::Person(self.person));
        let reaches = |g: &&Grant| over(g, audiences) || shared && g.role.over() != RoleScope::Circle;
        self.grants.iter().filter(reaches).map(|g| g.role).collect()
    }

    /// The roles that a document with these audiences lies under: by their scope or at the desk.
    pub fn roles_over(&self, audiences: &[Audience]) -> Vec<Role> {
        self.grants.iter().filter(|g| over(g, audiences)).map(|g| g.role).collect()
    }

    /// The audiences this author reads: their own, and the community's while they have any role in it.
    pub fn audiences(&self) -> Vec<Audience> {
        let mut all = vec![Audience::Person(self.person)];
        if !self.grants.is_empty() {
            all.push(Audience::Community);
        }
        all.extend(self.grants.iter().map(|g| g.scope.clone()));
        if self.grants.iter().any(|g| g.role.info().desk) {
            all.push(Audience::Desk);
        }
        all.sort();
        all.dedup();
        all
    }
}

fn over(grant: &Grant, audiences: &[Audience]) -> bool {
    grant.role == Role::Hub || audiences.contains(&grant.scope) || grant.role.info().desk && audiences.contains(&Audience::Desk)
}
