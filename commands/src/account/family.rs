//! Chains of refresh tokens, one per browser. A token is `<family>.<generation>.<MAC>`; the MAC comes from the family's own random key, so the
//! successor of a token is always the same and a replay within [`REPLAY_WINDOW`] can be answered alike.

use std::time::Duration;

use opensail_domain::account::SignInMethod;
use opensail_domain::kernel::{AccountId, Micros};
use opensail_eventstore::VaultWrite;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::{SignedIn, micros, secret};
use crate::{CommandError, Commands};

/// A family ends when it was not refreshed for so long.
pub const REFRESH_LIFETIME: Duration = Duration::from_secs(14 * 24 * 3600);
/// The last token may come again for so long: an answer that was lost on the way, two tabs at once.
pub const REPLAY_WINDOW: Duration = Duration::from_secs(30);

pub(super) const KIND: &str = "refresh_family";

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Family {
    pub(super) account_id: AccountId,
    key: [u8; 32],
    pub(super) generation: u64,
    pub(super) rotated_at: Micros,
    pub(super) expires: Micros,
    pub(super) method: SignInMethod,
    pub(super) signed_in_at: Micros,
    pub(super) platform_admin: bool,
}

/// A refresh token taken apart; its MAC is not checked yet.
pub(super) struct Presented {
    pub(super) family: Uuid,
    pub(super) generation: u64,
    mac: Vec<u8>,
}

impl Presented {
    pub(super) fn parse(token: &str) -> Option<Presented> {
        let mut words = token.split('.');
        let (family, generation, mac) = (words.next()?, words.next()?, words.next()?);
        if words.next().is_some() {
            return None;
        }
        Some(Presented { family: Uuid::try_parse(family).ok()?, generation: generation.parse().ok()?, mac: secret::bytes(mac)? })
    }
}

impl Family {
    pub(super) fn start(account_id: AccountId, method: SignInMethod, platform_admin: bool, now: Micros) -> Result<Self, CommandError> {
        let expires = now + micros(REFRESH_LIFETIME);
        Ok(Family {
            account_id,
            key: secret::random()?,
            generation: 1,
            rotated_at: now,
            expires,
            method,
            signed_in_at: now,
            platform_admin,
        })
    }

    pub(super) fn next(&self, now: Micros) -> Self {
        Family { generation: self.generation + 1, rotated_at: now, expires: now + micros(REFRESH_LIFETIME), ..self.clone() }
    }

    fn mac(&self, id: Uuid, generation: u64) -> [u8; 32] {
        secret::mac(&self.key, &[b"refresh", id.as_bytes(), &generation.to_be_bytes()])
    }

    /// Whether this family once gave the token out.
    pub(super) fn gave(&self, presented: &Presented) -> bool {
        presented.generation <= self.generation
            && bool::from(self.mac(presented.family, presented.generation).ct_eq(presented.mac.as_slice()))
    }

    pub(super) fn signed_in(&self, id: Uuid) -> SignedIn {
        let mac = secret::text(&self.mac(id, self.generation));
        SignedIn {
            account_id: self.account_id,
            family: id,
            refresh_token: format!("{}.{}.{mac}", id.simple(), self.generation),
            refresh_expires_at: self.expires,
            platform_admin: self.platform_admin,
        }
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, CommandError> {
        serde_json::to_vec(self).map_err(CommandError::broken)
    }

    pub(super) fn write(&self, id: Uuid) -> Result<VaultWrite, CommandError> {
        Ok(VaultWrite::Put { kind: KIND.into(), key: id.to_string(), value: self.encode()?, expires: Some(self.expires) })
    }
}

pub(super) fn removal(id: Uuid) -> VaultWrite {
    VaultWrite::Delete { kind: KIND.into(), key: id.to_string() }
}

impl Commands {
    /// The family, with the bytes it is stored as; none once it ended.
    pub(super) async fn family(&self, id: Uuid) -> Result<Option<(Family, Vec<u8>)>, CommandError> {
        let Some(stored) = self.vault().get(KIND, &id.to_string()).await? else { return Ok(None) };
        let family: Family = serde_json::from_slice(&stored).map_err(CommandError::broken)?;
        Ok((family.expires > self.clock().now()).then_some((family, stored)))
    }
}
