//! The first administrator of a server, from its settings, while there is no account at all.

use opensail_domain::account::{check_password, normal_email};
use opensail_domain::kernel::AccountId;
use opensail_eventstore::Filter;

use super::register_account::NewAccount;
use crate::{Caller, CommandError, Commands};

const NAME: &str = "Administrator";

impl Commands {
    /// Answers the account it made, or none when there was one already. Two nodes at once reserve the same e-mail address, so one
    /// of them makes it.
    pub async fn ensure_platform_admin(&self, email: &str, password: String) -> Result<Option<AccountId>, CommandError> {
        normal_email(email)?;
        check_password(&password)?;
        let registered = Filter { types: vec!["account.registered".into()], ..Filter::default() };
        if !self.journal().read_all(0, 1, &registered).await?.events.is_empty() {
            return Ok(None);
        }
        let account_id = AccountId(self.ids().next());
        let password_hash = Some(self.passwords().hash(password).await?);
        let admin = NewAccount {
            account_id,
            email: email.into(),
            name: NAME.into(),
            password_hash,
            invitation: None,
            platform_admin: true,
            family: None,
        };
        match self.execute(&Caller::system("setup"), &admin).await {
            Ok(_) => Ok(Some(account_id)),
            Err(CommandError::Rejected(info)) if info.code == "email_taken" => Ok(None),
            Err(error) => Err(error),
        }
    }
}
