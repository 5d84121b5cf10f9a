//! What the hub keeps of a community beside its documents: [`community_keys`], who holds which role ([`grants`]), the log of acts
//! ([`act_log`]), its own fields ([`own_fields`]); and what must outlive the database, in journals beside it ([`journal`]), as [`enrolments`] are.

pub mod act_log;
pub mod community_keys;
pub mod enrolments;
pub mod grants;
pub(crate) mod journal;
pub mod own_fields;
