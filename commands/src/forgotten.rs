//! Forgetting once more: after a restore, what had been forgotten since the backup.

use opensail_domain::kernel::{AccountId, SessionId};

use crate::{Caller, CommandError, Commands};

impl Commands {
    /// Destroys the subject's key and writes down that it is forgotten, as far as this history knows the subject and does not say so yet.
    /// Harmless when repeated.
    pub async fn forget_again(&self, caller: &Caller, subject: &str, reason: &str) -> Result<(), CommandError> {
        if !caller.is_system() {
            return Err(CommandError::Forbidden);
        }
        self.keyring().destroy(subject).await?;
        let (kind, id) = subject.split_once('-').unwrap_or((subject, ""));
        let said = match (kind, id.parse::<AccountId>(), id.parse::<SessionId>()) {
            ("account", Ok(account), _) => self.forget_account(caller, account, reason).await,
            ("session", _, Ok(session)) => self.forget_session(caller, session, reason).await,
            _ => return Err(CommandError::NotFound),
        };
        match said {
            Ok(_) => Ok(()),
            // The history ends before it began, or it runs again since; the key is gone all the same.
            Err(CommandError::NotFound | CommandError::Rejected(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
