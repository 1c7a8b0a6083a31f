//! Tokens of programs, `osk_…`: 32 random bytes, of which the vault keeps only the hash.

use opensail_domain::kernel::{AccountId, Micros};
use serde::{Deserialize, Serialize};

use super::secret;
use crate::{Caller, CommandError, Commands};

pub const TOKEN_PREFIX: &str = "osk_";
/// Characters of a token that may be shown to tell it from others.
const SHOWN: usize = 8;
pub(super) const KIND: &str = "token";

/// Who a token stands for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TokenOwner {
    pub account_id: AccountId,
    /// First characters of its hash: names the token without giving it away.
    pub key_id: String,
    /// `osk_` and a few characters.
    pub prefix: String,
    /// What it is for, e.g. `cli`.
    pub name: String,
    pub platform_admin: bool,
    pub created_at: Micros,
}

impl TokenOwner {
    pub fn caller(&self) -> Caller {
        Caller::api_key(self.account_id, &self.key_id, &self.prefix).platform_admin(self.platform_admin)
    }
}

impl Commands {
    /// A new token, told this once. Only the platform itself makes them.
    pub async fn create_token(&self, caller: &Caller, account_id: AccountId, name: &str) -> Result<String, CommandError> {
        if !caller.is_system() {
            return Err(CommandError::Forbidden);
        }
        let token = format!("{TOKEN_PREFIX}{}", secret::text(&secret::random()?));
        let digest = secret::digest(&token);
        let owner = TokenOwner {
            account_id,
            key_id: digest[..16].into(),
            prefix: token[..TOKEN_PREFIX.len() + SHOWN].into(),
            name: name.into(),
            platform_admin: self.platform_admin(account_id).await?,
            created_at: self.clock().now(),
        };
        let row = serde_json::to_vec(&owner).map_err(CommandError::broken)?;
        self.vault().put(KIND, &digest, &row, None).await?;
        Ok(token)
    }

    /// Whose token it is; none if it never was one or was revoked.
    pub async fn verify_token(&self, token: &str) -> Result<Option<TokenOwner>, CommandError> {
        if !token.starts_with(TOKEN_PREFIX) {
            return Ok(None);
        }
        let stored = self.vault().get(KIND, &secret::digest(token)).await?;
        stored.map(|row| serde_json::from_slice(&row).map_err(CommandError::broken)).transpose()
    }

    /// Keys of the rows that hold this account's tokens.
    pub(super) async fn tokens_of(&self, account: AccountId) -> Result<Vec<String>, CommandError> {
        let mut keys = Vec::new();
        for (key, row) in self.vault().list(KIND, "").await? {
            let owner: TokenOwner = serde_json::from_slice(&row).map_err(CommandError::broken)?;
            keys.extend((owner.account_id == account).then_some(key));
        }
        Ok(keys)
    }

    /// Harmless when it was revoked before.
    pub async fn revoke_token(&self, token: &str) -> Result<(), CommandError> {
        Ok(self.vault().delete(KIND, &secret::digest(token)).await?)
    }
}
