//! A community's keys as phones pin them, and how they follow the community to new ones: each new pair is signed by a key of the
//! pair before.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use super::{decode, encode};
use crate::error::{Error, Result};
use crate::identity::cipher::sha256;
use crate::identity::{DeviceKey, Invite, PublicKey};

/// The two public keys of a community that a phone accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommunityKeys {
    /// Signs replies.
    pub key: PublicKey,
    /// Kept apart, for when the first one is lost.
    pub spare: PublicKey,
}

/// A new pair of a community's, signed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct KeyStatement {
    /// A [`NewKeys`] in CBOR.
    #[n(0)]
    pub body: ByteVec,
    /// The signature of a key of the pair before.
    #[n(1)]
    pub signature: ByteArray<64>,
}

/// What a [`KeyStatement`] says.
#[derive(Debug, Encode, Decode)]
#[cbor(array)]
struct NewKeys {
    /// Says what this is, so that no other signed bytes can be taken for it.
    #[n(0)]
    purpose: String,
    #[n(1)]
    tenant: String,
    #[n(2)]
    key: ByteArray<32>,
    #[n(3)]
    spare: ByteArray<32>,
}

const PURPOSE: &str = "gridwalk community keys v1";

impl KeyStatement {
    /// Says that `keys` are `tenant`'s from now on; `by` is a key of the pair before.
    pub fn sign(by: &DeviceKey, tenant: &str, keys: &CommunityKeys) -> Self {
        let (key, spare) = (keys.key.to_bytes().into(), keys.spare.to_bytes().into());
        let body = encode(&NewKeys { purpose: PURPOSE.into(), tenant: tenant.to_owned(), key, spare });
        Self { signature: by.sign(&body).into(), body: body.into() }
    }
}

impl CommunityKeys {
    /// The pair that an invite names.
    pub fn of(invite: &Invite) -> Self {
        Self { key: invite.key.clone(), spare: invite.spare.clone() }
    }

    /// Tells one pair of a community from another: the first 4 bytes of the SHA-256 of both keys.
    pub fn mark(&self) -> ByteArray<4> {
        let hash = sha256(&[self.key.to_bytes(), self.spare.to_bytes()].concat());
        let mut short = [0; 4];
        short.copy_from_slice(&hash[..4]);
        short.into()
    }

    /// The pair that these statements lead to from this one, one after the other.
    ///
    /// # Errors
    /// `malformed` if one is not of `tenant` or not signed by a key of the pair before it.
    pub fn follow(&self, tenant: &str, statements: &[KeyStatement]) -> Result<Self> {
        statements.iter().try_fold(self.clone(), |pair, statement| {
            let signed = [&pair.key, &pair.spare].iter().any(|key| key.verifies(&statement.body, &statement.signature));
            let new: NewKeys = decode(&statement.body, "community keys")?;
            if !signed || new.purpose != PURPOSE || new.tenant != tenant {
                return Err(Error::malformed("community keys"));
            }
            Ok(Self { key: PublicKey::from_bytes(&*new.key)?, spare: PublicKey::from_bytes(&*new.spare)? })
        })
    }
}
