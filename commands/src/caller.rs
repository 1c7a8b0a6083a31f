//! Who asks, why and from where; becomes the envelope of every event that follows.

use std::fmt;

use opensail_domain::kernel::{AccountId, SessionId};
use opensail_eventstore::{Actor, ActorKind, CommandId, Fence, Recorded};
use sha2::{Digest, Sha256};
use uuid::Uuid;

#[derive(Clone, PartialEq, Eq)]
pub struct Caller {
    pub actor: Actor,
    /// On whose rights it rests; `None` for the platform itself, agents, and people not signed in.
    pub account: Option<AccountId>,
    pub command_id: CommandId,
    /// Hash of the request, when `command_id` comes from an `Idempotency-Key`.
    pub fingerprint: Option<[u8; 32]>,
    pub correlation_id: Uuid,
    pub causation_id: Option<Uuid>,
    /// As the server saw it; sealed under the account's key before it is stored.
    pub client_address: Option<String>,
    /// May administer the platform; no member of any team by that.
    pub platform_admin: bool,
    /// The lease that every append must still hold.
    pub fence: Option<Fence>,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("actor", &self.actor).field("command_id", &self.command_id).finish_non_exhaustive()
    }
}

impl Caller {
    fn new(actor: Actor, account: Option<AccountId>) -> Self {
        Caller {
            actor,
            account,
            command_id: CommandId(Uuid::now_v7()),
            fingerprint: None,
            correlation_id: Uuid::now_v7(),
            causation_id: None,
            client_address: None,
            platform_admin: false,
            fence: None,
        }
    }

    /// A person who is signed in.
    pub fn person(account: AccountId) -> Self {
        Self::new(user(account), Some(account))
    }

    /// A program with a person's key; `key_id` and `prefix` name the key without giving it away.
    pub fn api_key(account: AccountId, key_id: impl Into<String>, prefix: impl Into<String>) -> Self {
        let actor = Actor { kind: ActorKind::ApiKey, id: key_id.into(), name: prefix.into() };
        Self::new(actor, Some(account))
    }

    /// Somebody who is not signed in: registering, signing in.
    pub fn anonymous() -> Self {
        Self::new(Actor { kind: ActorKind::User, id: "anonymous".into(), name: String::new() }, None)
    }

    /// The agent of a session.
    pub fn agent(session: SessionId, model: &str) -> Self {
        Self::new(Actor { kind: ActorKind::Agent, id: session.to_string(), name: model.into() }, None)
    }

    /// A part of the platform itself, e.g. `agent_worker`; it passes every authorisation.
    pub fn system(part: &str) -> Self {
        Self::new(Actor::system(part), None)
    }

    pub fn is_system(&self) -> bool {
        self.actor.kind == ActorKind::System
    }

    #[must_use]
    pub fn platform_admin(self, platform_admin: bool) -> Self {
        Caller { platform_admin, ..self }
    }

    #[must_use]
    #[expect(clippy::wrong_self_convention, reason = "a caller from an address, not a conversion")]
    pub fn from_address(self, address: Option<String>) -> Self {
        Caller { client_address: address, ..self }
    }

    #[must_use]
    pub fn correlated(self, correlation_id: Uuid) -> Self {
        Caller { correlation_id, ..self }
    }

    /// Caused by an event: its correlation goes on.
    #[must_use]
    pub fn because_of(self, event: &Recorded) -> Self {
        Caller { correlation_id: event.correlation_id, causation_id: Some(event.event_id), ..self }
    }

    #[must_use]
    pub fn fenced(self, fence: Fence) -> Self {
        Caller { fence: Some(fence), ..self }
    }

    /// For commands that must not be done twice for one cause, whoever does them: id = hash of the words.
    #[must_use]
    pub fn command_named(self, words: &[&str]) -> Self {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        Caller { command_id: CommandId(named(&words)), ..self }
    }

    /// The next command of the same caller.
    #[must_use]
    pub fn next_command(self) -> Self {
        Caller { command_id: CommandId(Uuid::now_v7()), fingerprint: None, ..self }
    }

    /// Command id = hash(caller, method, path, key); the body is what a repeat must have in common.
    #[must_use]
    pub fn idempotent(self, method: &str, path: &str, key: &str, body: &[u8]) -> Self {
        let account = self.account.map(|account| account.to_string()).unwrap_or_default();
        let who = [self.actor.kind.as_str(), self.actor.id.as_str(), account.as_str()].map(str::as_bytes);
        let words = [&who[..], &[method.as_bytes(), path.as_bytes(), key.as_bytes()]].concat();
        Caller { command_id: CommandId(named(&words)), fingerprint: Some(Sha256::digest(body).into()), ..self }
    }

    /// Goes on as the account that was just registered or signed in.
    pub(crate) fn become_person(&mut self, account: AccountId) {
        if !self.is_system() {
            self.actor = user(account);
        }
        self.account = Some(account);
    }
}

fn user(account: AccountId) -> Actor {
    Actor { kind: ActorKind::User, id: account.to_string(), name: String::new() }
}

/// UUIDv8 from a hash over length-prefixed words.
fn named(words: &[&[u8]]) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(b"opensail/command/v1");
    for word in words {
        hash.update((word.len() as u64).to_be_bytes());
        hash.update(word);
    }
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_id_depends_on_who_what_and_the_key() {
        let account = AccountId(Uuid::now_v7());
        let id = |caller: Caller, method: &str, path: &str, key: &str| caller.idempotent(method, path, key, b"{}").command_id;
        let first = id(Caller::person(account), "POST", "/teams", "k");
        assert_eq!(first, id(Caller::person(account), "POST", "/teams", "k"));
        let others = [
            id(Caller::person(AccountId(Uuid::now_v7())), "POST", "/teams", "k"),
            id(Caller::api_key(account, "key", "osk_"), "POST", "/teams", "k"),
            id(Caller::person(account), "PUT", "/teams", "k"),
            id(Caller::person(account), "POST", "/team", "sk"),
            id(Caller::person(account), "POST", "/teams", "l"),
        ];
        assert!(others.iter().all(|other| *other != first));
    }

    #[test]
    fn the_address_is_not_printed() {
        let caller = Caller::anonymous().from_address(Some("192.0.2.7".into()));
        assert!(!format!("{caller:?}").contains("192.0.2.7"));
    }
}
