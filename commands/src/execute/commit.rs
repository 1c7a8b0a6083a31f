//! The append of a change: private fields sealed, everything in one atomic write, its outcome made certain where that is possible.

use opensail_domain::kernel::AccountId;
use opensail_eventstore::{Append, AppendError, Appended, Guard, NewEvent, Part, private};
use serde_json::json;

use super::Request;
use crate::aggregate::store::Entry;
use crate::{CommandError, Commands};

/// How often an append whose outcome is unknown is sent again; its command id makes that harmless.
const UNKNOWN_TRIES: usize = 3;

impl Commands {
    /// Writes what the entries have pending. Entries that decided nothing, and all guards, must still stand where they were read.
    pub(crate) async fn append(&self, request: &Request, entries: &[&dyn Entry], answer: Option<String>) -> Result<Appended, CommandError> {
        let append = self.build(request, entries, answer).await?;
        let appended = match self.send(append).await {
            Ok(appended) => appended,
            Err(AppendError::EpochChanged(_)) => {
                self.cache().clear();
                return Err(CommandError::Conflict);
            }
            Err(error) => return Err(error.into()),
        };
        if !appended.repeated {
            for entry in entries {
                if let Some((_, version)) = appended.versions.iter().find(|(stream, _)| stream == entry.stream()) {
                    entry.settle(self.cache(), *version);
                }
            }
        }
        Ok(appended)
    }

    async fn send(&self, append: Append) -> Result<Appended, AppendError> {
        let mut tries = 1;
        loop {
            match self.journal().append(append.clone()).await {
                Err(AppendError::Unknown(_)) if tries < UNKNOWN_TRIES => tries += 1,
                // The first sending may have been done after all and moved what this one expects.
                Err(AppendError::Conflict { stream, expected, actual }) if tries > 1 => {
                    return match self.journal().command(append.command_id).await {
                        Ok(Some((first, _))) => Ok(Appended { repeated: true, ..first }),
                        Ok(None) => Err(AppendError::Conflict { stream, expected, actual }),
                        Err(_) => Err(AppendError::Unknown(append.command_id)),
                    };
                }
                // What failed here says nothing about what was sent before.
                Err(AppendError::Overloaded { .. } | AppendError::Unavailable(_)) if tries > 1 => {
                    return Err(AppendError::Unknown(append.command_id));
                }
                outcome => return outcome,
            }
        }
    }

    async fn build(&self, request: &Request, entries: &[&dyn Entry], answer: Option<String>) -> Result<Append, CommandError> {
        let (mut parts, mut guards) = (Vec::new(), request.guards.clone());
        for entry in entries {
            let events = entry.pending();
            if events.is_empty() {
                guards.push(Guard { stream: entry.stream().clone(), version: entry.version() });
                continue;
            }
            let mut sealed = Vec::with_capacity(events.len());
            for (event_type, version, payload) in events {
                let payload = private::canonical(&private::seal(self.keyring(), payload).await?);
                sealed.push(NewEvent { event_id: self.ids().next(), event_type: event_type.into(), version, payload });
            }
            let place = entry.place();
            parts.push(Part {
                stream: entry.stream().clone(),
                expected: entry.version(),
                tenant: place.tenant.clone(),
                project: place.project.clone(),
                events: sealed,
            });
        }
        // A stream that is written is guarded by what it expects; if it moved between two looks, the older guard stays and refuses.
        guards.retain(|guard| parts.iter().all(|part| (&part.stream, part.expected) != (&guard.stream, guard.version)));
        guards.sort_by(|a, b| a.stream.cmp(&b.stream));
        guards.dedup();
        let caller = &request.caller;
        let client_address = match (&caller.client_address, caller.account) {
            (Some(address), Some(account)) => Some(self.sealed_address(account, address).await?),
            (address, None) => address.clone(),
            (None, _) => None,
        };
        Ok(Append {
            command_id: caller.command_id,
            fingerprint: caller.fingerprint,
            fence: caller.fence.clone(),
            actor: caller.actor.clone(),
            correlation_id: caller.correlation_id,
            causation_id: caller.causation_id,
            client_address,
            parts,
            guards,
            vault: request.vault.clone(),
            answer,
        })
    }

    /// JSON text of the `$p` object.
    async fn sealed_address(&self, account: AccountId, address: &str) -> Result<String, CommandError> {
        let open = json!({ "$open": { "subject": format!("account-{account}"), "value": address } });
        Ok(private::canonical(&private::seal(self.keyring(), open).await?))
    }
}
