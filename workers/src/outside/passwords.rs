//! bcrypt, on threads of its own and few at a time, so that a burst of sign-ins cannot take the machine.

use std::sync::Arc;

use async_trait::async_trait;
use opensail_commands::ports::passwords::{PasswordError, PasswordHasher};
use tokio::sync::Semaphore;

/// Work factor; the reference system's library default, about 0.2 s of one core.
pub const COST: u32 = 12;
/// Hashes computed at the same time.
const AT_ONCE: usize = 2;
/// Compared with when there is no account: of a random password that nobody knows, at the same cost.
const NOBODYS: &str = "$2b$12$C6UzMDM.H6dfI/f/IKcEeO7ZyL2x0bQ8b8v1m5gVQy0u6d7Xv8O1W";

pub struct Bcrypt {
    cost: u32,
    turns: Arc<Semaphore>,
}

impl Default for Bcrypt {
    fn default() -> Self {
        Bcrypt { cost: COST, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Bcrypt {
    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, bcrypt::BcryptError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let failed = |e: String| PasswordError::Failed(e);
        let _turn = self.turns.acquire().await.map_err(|e| failed(e.to_string()))?;
        tokio::task::spawn_blocking(work).await.map_err(|e| failed(e.to_string()))?.map_err(|e| failed(e.to_string()))
    }
}

#[async_trait]
impl PasswordHasher for Bcrypt {
    async fn hash(&self, password: String) -> Result<String, PasswordError> {
        // `bcrypt::non_truncating_hash` counts the closing NUL and would refuse the longest password there may be.
        if password.len() > opensail_domain::account::MAX_PASSWORD_BYTES {
            return Err(PasswordError::Failed("the password is longer than bcrypt reads".into()));
        }
        let cost = self.cost;
        self.compute(move || bcrypt::hash(password, cost)).await
    }

    async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, PasswordError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODYS.into());
        // A password longer than bcrypt reads matches nothing; the time is spent all the same.
        let fits = password.len() <= opensail_domain::account::MAX_PASSWORD_BYTES;
        let matches = self.compute(move || bcrypt::verify(password, &hash)).await?;
        Ok(matches && known && fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_right_password_is_known_and_no_other() {
        let hasher = Bcrypt { cost: 4, ..Bcrypt::default() };
        let hash = hasher.hash("correct horse".into()).await.expect("hashed");
        assert!(hasher.verify("correct horse".into(), Some(hash.clone())).await.expect("compared"));
        assert!(!hasher.verify("correct horsf".into(), Some(hash.clone())).await.expect("compared"));
        let longest = "x".repeat(72);
        let hash_of_longest = hasher.hash(longest.clone()).await.expect("hashed");
        assert!(hasher.verify(longest, Some(hash_of_longest.clone())).await.expect("compared"));
        assert!(!hasher.verify("x".repeat(71), Some(hash_of_longest)).await.expect("compared"));
        let long = "x".repeat(73);
        assert!(hasher.hash(long.clone()).await.is_err());
        assert!(!hasher.verify(long, Some(hash)).await.expect("compared"));
    }

    #[tokio::test]
    async fn nobody_has_a_password() {
        assert_eq!(NOBODYS.split('$').nth(2), Some("12"), "as dear as a real one");
        assert!(!Bcrypt::default().verify("anything".into(), None).await.expect("compared"));
    }
}
