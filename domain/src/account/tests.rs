//! Given/when/then of the account and of the reservation of its e-mail address.

use super::*;
use crate::kernel::{AccountId, Private, spec::given};
use proptest::prelude::*;
use uuid::Uuid;

const ADA: AccountId = AccountId(Uuid::from_u128(1));
const BEN: AccountId = AccountId(Uuid::from_u128(2));
const FAMILY: Uuid = Uuid::from_u128(7);

fn registered(email: &str, name: &str) -> Registered {
    let own = |value: &str| Private::open("account-1", value.to_string());
    Registered { account_id: ADA, email: own(email), name: own(name), platform_admin: false }
}
fn ada() -> AccountEvent {
    registered("ada@example.org", "Ada").into()
}
fn account(events: impl IntoIterator<Item = AccountEvent>) -> crate::kernel::spec::Given<AccountDecider> {
    given(events)
}

#[test]
fn it_is_registered_once() {
    account([]).when(AccountCommand::Register(registered("ada@example.org", "Ada"))).then([ada()]);
    account([ada()]).when(AccountCommand::Register(registered("ada@example.org", "Ada"))).then_refused(AccountRejection::Exists);
    account([]).when(AccountCommand::ChangePassword).then_refused(AccountRejection::Absent);
}

#[test]
fn addresses_and_names_are_checked() {
    for email in ["", "ada", "@example.org", "ada@", "a@b@c", "a b@c", "a\n@c", &format!("{}@c", "a".repeat(MAX_EMAIL_BYTES))] {
        account([]).when(AccountCommand::Register(registered(email, "Ada"))).then_refused(AccountRejection::BadEmail);
    }
    for name in ["", " ", "a\0b", "\u{2066}Ada", &"x".repeat(MAX_NAME_CHARS + 1)] {
        account([]).when(AccountCommand::Register(registered("a@b", name))).then_refused(AccountRejection::BadName);
    }
}

#[test]
fn passwords_are_neither_cut_nor_too_short() {
    assert_eq!(check_password("1234567"), Err(AccountRejection::PasswordTooShort));
    assert_eq!(check_password(&"x".repeat(72)), Ok(()));
    assert_eq!(check_password(&"x".repeat(73)), Err(AccountRejection::PasswordTooLong));
    assert_eq!(check_password(&"ü".repeat(37)), Err(AccountRejection::PasswordTooLong), "bytes count, not characters");
}

#[test]
fn families_open_and_end() {
    let signed_in: AccountEvent = SignedIn { method: SignInMethod::Link, family: FAMILY }.into();
    account([ada()]).when(AccountCommand::SignIn { method: SignInMethod::Link, family: FAMILY }).then([signed_in.clone()]);
    account([ada(), signed_in.clone()]).when(AccountCommand::SignIn { method: SignInMethod::Link, family: FAMILY }).then_nothing();
    account([ada(), signed_in.clone()]).when(AccountCommand::SignOut { family: FAMILY }).then([SignedOut { family: FAMILY }.into()]);
    account([ada()]).when(AccountCommand::SignOut { family: FAMILY }).then_nothing();
    account([ada(), signed_in.clone()])
        .when(AccountCommand::ReportReuse { family: FAMILY })
        .then([RefreshReused { family: FAMILY }.into()]);
    let everywhere: AccountEvent = SignedOutEverywhere {}.into();
    account([ada(), signed_in.clone()]).when(AccountCommand::SignOutEverywhere).then([everywhere.clone()]);
    account([ada(), signed_in, everywhere]).when(AccountCommand::SignOut { family: FAMILY }).then_nothing();
}

#[test]
fn it_is_forgotten_for_ever() {
    let forget = |reason: &str| AccountCommand::Forget { reason: reason.into() };
    let gone: AccountEvent = Forgotten { reason: "asked for".into() }.into();
    account([ada()]).when(forget(" asked for ")).then([gone.clone()]);
    account([ada(), gone.clone()]).when(forget("again")).then_nothing();
    for reason in ["", "  ", "a\nb", &"x".repeat(crate::kernel::MAX_REASON_CHARS + 1)] {
        account([ada()]).when(forget(reason)).then_refused(AccountRejection::BadReason);
    }
    account([]).when(forget("x")).then_refused(AccountRejection::Absent);
    for command in [AccountCommand::ChangePassword, AccountCommand::SignIn { method: SignInMethod::Link, family: FAMILY }] {
        account([ada(), gone.clone()]).when(command).then_refused(AccountRejection::Forgotten);
    }
    account([ada(), gone]).when(AccountCommand::Register(registered("a@b", "A"))).then_refused(AccountRejection::Forgotten);
}

#[test]
fn an_address_belongs_to_one_account() {
    given::<EmailDecider>([]).when(ADA).then([EmailReserved { account_id: ADA }.into()]);
    given::<EmailDecider>([EmailReserved { account_id: ADA }.into()]).when(ADA).then_nothing();
    given::<EmailDecider>([EmailReserved { account_id: ADA }.into()]).when(BEN).then_refused(AccountRejection::EmailTaken);
}

proptest! {
    #[test]
    fn the_normal_form_of_an_address_is_its_own_normal_form(email in "\\PC{0,40}") {
        if let Ok(normal) = normal_email(&email) {
            prop_assert_eq!(normal_email(&normal), Ok(normal.clone()));
        }
    }
}
