//! Registers a person: the account, its e-mail address and its first sign-in in one append, the password's hash with them.

use async_trait::async_trait;
use opensail_domain::account::{AccountCommand, AccountDecider, EmailDecider, Registered, SignInMethod, check_password, normal_email};
use opensail_domain::kernel::{AccountId, Private};
use opensail_eventstore::VaultWrite;
use uuid::Uuid;

use super::family::Family;
use super::{REGISTRATION_LIMIT, SignedIn};
use crate::team::bad_invitation;
use crate::{Caller, Change, Command, CommandError, Commands, Done, Place, Registration, Shown};

/// Where a registration names its invitation.
const INVITATION: &str = "/invitation";
/// Kind of the vault rows that hold password hashes, by account.
pub(super) const PASSWORDS: &str = "password";

#[derive(Clone)]
pub struct RegisterAccount {
    pub email: String,
    pub password: String,
    pub name: String,
    /// The token of an invitation, which is accepted with it.
    pub invitation: Option<String>,
}

/// An account to be made: by a person, or by the platform for its first ones.
pub(super) struct NewAccount {
    pub(super) account_id: AccountId,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) password_hash: Option<String>,
    /// Token of the invitation it comes by.
    pub(super) invitation: Option<String>,
    pub(super) platform_admin: bool,
    /// The first browser, signed in at once.
    pub(super) family: Option<(Uuid, Family)>,
}

impl NewAccount {
    pub(super) async fn add_to(&self, change: &mut Change) -> Result<(), CommandError> {
        let account_id = self.account_id;
        let (place, subject) = (Place::account(account_id), format!("account-{account_id}"));
        let email = normal_email(&self.email)?;
        let email_stream = change.commands().email_stream(&email);
        change.become_person(account_id);
        change.decide::<EmailDecider>(email_stream, place.clone(), account_id).await?;
        let registered = Registered {
            account_id,
            email: Private::open(&subject, email),
            name: Private::open(&subject, self.name.trim().to_owned()),
            platform_admin: self.platform_admin,
        };
        change.decide::<AccountDecider>(account_id, place.clone(), AccountCommand::Register(registered)).await?;
        if let Some(token) = &self.invitation {
            change.accept_invitation(token, account_id, INVITATION).await?;
        }
        if let Some(hash) = &self.password_hash {
            change.write_vault(password_row(account_id, hash));
        }
        if let Some((id, family)) = &self.family {
            let sign_in = AccountCommand::SignIn { method: family.method, family: *id };
            change.decide::<AccountDecider>(account_id, place, sign_in).await?;
            change.write_vault(family.write(*id)?);
        }
        Ok(())
    }
}

#[async_trait]
impl Command for NewAccount {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        self.add_to(change).await
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

pub(super) fn password_row(account: AccountId, hash: &str) -> VaultWrite {
    VaultWrite::Put { kind: PASSWORDS.into(), key: account.to_string(), value: hash.as_bytes().to_vec(), expires: None }
}

impl Commands {
    /// Registers whoever asks, as far as the policy lets them, and signs them in.
    pub async fn register_account(&self, caller: &Caller, wish: RegisterAccount) -> Result<Done<SignedIn>, CommandError> {
        match self.settings().registration {
            Registration::Open => {}
            Registration::Invite if wish.invitation.is_some() => {}
            Registration::Invite => return Err(closed("registration_invite", "registration is by invitation")),
            Registration::Closed => return Err(closed("registration_closed", "registration is closed")),
        }
        normal_email(&wish.email)?;
        check_password(&wish.password)?;
        if let Some(counter) = self.address_counter("register", caller.client_address.as_deref(), REGISTRATION_LIMIT) {
            self.count_attempt(&counter).await?;
        }
        // Asked before the password is hashed, which is dear.
        if let Some(token) = &wish.invitation
            && self.invitation_row(token).await?.is_none()
        {
            return Err(bad_invitation(INVITATION));
        }
        let password_hash = self.passwords().hash(wish.password).await?;
        let account_id = AccountId(self.ids().next());
        let family = Family::start(account_id, SignInMethod::Password, false, self.clock().now())?;
        let id = self.ids().next();
        let signed_in = family.signed_in(id);
        let account = NewAccount {
            account_id,
            email: wish.email,
            name: wish.name,
            password_hash: Some(password_hash),
            invitation: wish.invitation,
            platform_admin: false,
            family: Some((id, family)),
        };
        let done = self.execute(&caller.clone().next_command(), &account).await?;
        Ok(done.map(|()| signed_in))
    }
}

fn closed(code: &'static str, message: &str) -> CommandError {
    CommandError::rejected(code, opensail_domain::kernel::RejectionKind::State, message)
}
