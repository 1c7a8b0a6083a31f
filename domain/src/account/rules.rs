//! The rules of an account.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::*;
use crate::kernel::{MAX_REASON_CHARS, Rejection, RejectionKind, checked_name, checked_reason, is_unseen};

/// bcrypt reads no more than this; a longer password is refused instead of cut.
pub const MAX_PASSWORD_BYTES: usize = 72;
/// NIST SP 800-63B: at least eight characters, no rules of composition.
pub const MIN_PASSWORD_CHARS: usize = 8;
/// RFC 5321: a path of 256 with its brackets.
pub const MAX_EMAIL_BYTES: usize = 254;
pub const MAX_NAME_CHARS: usize = 100;

#[derive(Clone, PartialEq, Debug)]
pub enum AccountCommand {
    Register(Registered),
    SignIn { method: SignInMethod, family: Uuid },
    SignOut { family: Uuid },
    SignOutEverywhere,
    ChangePassword,
    ReportReuse { family: Uuid },
    Forget { reason: String },
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum Account {
    #[default]
    Absent,
    Active {
        /// Open chains of refresh tokens.
        families: BTreeSet<Uuid>,
    },
    /// For ever.
    Forgotten,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AccountRejection {
    #[error("the account does not exist")]
    Absent,
    #[error("the account exists already")]
    Exists,
    #[error("the account was forgotten")]
    Forgotten,
    #[error("the reason must have 1 to {MAX_REASON_CHARS} characters and no control characters")]
    BadReason,
    #[error("this e-mail address belongs to an account already")]
    EmailTaken,
    #[error("this is not an e-mail address")]
    BadEmail,
    #[error("the name must have 1 to {MAX_NAME_CHARS} characters and none of control or that turn the direction of text")]
    BadName,
    #[error("the password must have at least {MIN_PASSWORD_CHARS} characters")]
    PasswordTooShort,
    #[error("the password must have at most {MAX_PASSWORD_BYTES} bytes")]
    PasswordTooLong,
}

impl Rejection for AccountRejection {
    fn code(&self) -> &'static str {
        match self {
            AccountRejection::Absent => "account_absent",
            AccountRejection::Exists => "account_exists",
            AccountRejection::Forgotten => "account_forgotten",
            AccountRejection::BadReason => "bad_reason",
            AccountRejection::EmailTaken => "email_taken",
            AccountRejection::BadEmail => "bad_email",
            AccountRejection::BadName => "bad_name",
            AccountRejection::PasswordTooShort => "password_too_short",
            AccountRejection::PasswordTooLong => "password_too_long",
        }
    }
    fn kind(&self) -> RejectionKind {
        match self {
            AccountRejection::Absent | AccountRejection::Forgotten => RejectionKind::State,
            AccountRejection::BadReason => RejectionKind::Invalid { pointer: "/reason" },
            AccountRejection::Exists | AccountRejection::EmailTaken => RejectionKind::Exists,
            AccountRejection::BadEmail => RejectionKind::Invalid { pointer: "/email" },
            AccountRejection::BadName => RejectionKind::Invalid { pointer: "/name" },
            AccountRejection::PasswordTooShort | AccountRejection::PasswordTooLong => RejectionKind::Invalid { pointer: "/password" },
        }
    }
}

/// The form under which an address is unique: trimmed and lower case. Refused unless it looks like `local@domain`.
pub fn normal_email(email: &str) -> Result<String, AccountRejection> {
    let email = email.trim().to_lowercase();
    let well_formed = email.len() <= MAX_EMAIL_BYTES
        && !email.chars().any(|c| c.is_whitespace() || is_unseen(c))
        && email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
    if well_formed { Ok(email) } else { Err(AccountRejection::BadEmail) }
}

pub fn check_password(password: &str) -> Result<(), AccountRejection> {
    if password.chars().count() < MIN_PASSWORD_CHARS {
        Err(AccountRejection::PasswordTooShort)
    } else if password.len() > MAX_PASSWORD_BYTES {
        Err(AccountRejection::PasswordTooLong)
    } else {
        Ok(())
    }
}

pub(super) fn decide(state: &Account, command: AccountCommand) -> Result<Vec<AccountEvent>, AccountRejection> {
    use AccountCommand as C;
    match (state, command) {
        (Account::Absent, C::Register(registered)) => {
            if let Some(email) = registered.email.value() {
                normal_email(email)?;
            }
            if let Some(name) = registered.name.value()
                && (name.chars().any(is_unseen) || checked_name(name, MAX_NAME_CHARS).is_none())
            {
                return Err(AccountRejection::BadName);
            }
            Ok(vec![registered.into()])
        }
        (Account::Active { .. }, C::Register(_)) => Err(AccountRejection::Exists),
        (Account::Absent, _) => Err(AccountRejection::Absent),
        (Account::Forgotten, C::Forget { .. }) => Ok(vec![]),
        (Account::Forgotten, _) => Err(AccountRejection::Forgotten),
        (Account::Active { .. }, C::Forget { reason }) => {
            let reason = checked_reason(&reason).ok_or(AccountRejection::BadReason)?;
            Ok(vec![Forgotten { reason }.into()])
        }
        (Account::Active { families }, C::SignIn { method, family }) => {
            Ok(if families.contains(&family) { vec![] } else { vec![SignedIn { method, family }.into()] })
        }
        (Account::Active { families }, C::SignOut { family }) => {
            Ok(if families.contains(&family) { vec![SignedOut { family }.into()] } else { vec![] })
        }
        (Account::Active { families }, C::ReportReuse { family }) => {
            Ok(if families.contains(&family) { vec![RefreshReused { family }.into()] } else { vec![] })
        }
        (Account::Active { .. }, C::SignOutEverywhere) => Ok(vec![SignedOutEverywhere {}.into()]),
        (Account::Active { .. }, C::ChangePassword) => Ok(vec![PasswordChanged {}.into()]),
    }
}

pub(super) fn evolve(state: &mut Account, event: &AccountEvent) {
    match (state, event) {
        (state @ Account::Absent, AccountEvent::Registered(_)) => *state = Account::Active { families: BTreeSet::new() },
        (state @ Account::Active { .. }, AccountEvent::Forgotten(_)) => *state = Account::Forgotten,
        (Account::Active { families }, event) => match event {
            AccountEvent::Registered(_) | AccountEvent::PasswordChanged(_) | AccountEvent::Forgotten(_) => {}
            AccountEvent::SignedIn(e) => {
                families.insert(e.family);
            }
            AccountEvent::SignedOut(e) => {
                families.remove(&e.family);
            }
            AccountEvent::RefreshReused(e) => {
                families.remove(&e.family);
            }
            AccountEvent::SignedOutEverywhere(_) => families.clear(),
        },
        (Account::Absent | Account::Forgotten, _) => {}
    }
}
