//! Answers that lack something, because a view has set a stream aside, say so (decision 27): the header `OpenSail-Parked` names each such stream, the view
//! and the position of the event that could not be applied. What is shown of it is from before that, or is missing.

use std::collections::HashMap;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use opensail_commands::Permission;
use opensail_domain::kernel::{AccountId, TeamId};
use opensail_projections::{Aside, Noted, noting};

use crate::router::Api;

/// A list of RFC 9651: `project-<id>;view=project;position=12, …`; the last member is `more;streams=3` when not all are told.
const HEADER: HeaderName = HeaderName::from_static("opensail-parked");

/// Streams told in one answer; each is about a hundred bytes, and servers in between take few thousand.
const TOLD: usize = 20;
/// Teams of which it is found out whether the caller may see them.
const LOOKED_AT: usize = 200;

pub(crate) async fn tell_parked(State(api): State<Api>, request: Request, next: Next) -> Response {
    let (mut answer, noted) = noting(next.run(request)).await;
    if noted.is_empty() || !answer.status().is_success() {
        return answer;
    }
    let seen = api.seen(noted).await;
    if let Some(told) = told(&seen) {
        answer.headers_mut().insert(HEADER, told);
    }
    answer
}

impl Api {
    /// Those that the caller may see, as the journal says. Of many teams not all are looked at.
    async fn seen(&self, noted: Vec<Noted>) -> Vec<Aside> {
        let mut known: HashMap<(AccountId, String), bool> = HashMap::new();
        let mut seen: Vec<Aside> = Vec::new();
        for Noted { aside, perhaps_of } in noted {
            let may_see = match perhaps_of {
                None => true,
                Some(account) => {
                    let asked = (account, aside.tenant.clone());
                    match known.get(&asked) {
                        Some(known) => *known,
                        None if known.len() >= LOOKED_AT => false,
                        None => {
                            let may_see = self.is_of(account, &aside.tenant).await;
                            known.insert(asked, may_see);
                            may_see
                        }
                    }
                }
            };
            if may_see && !seen.contains(&aside) {
                seen.push(aside);
            }
        }
        seen
    }

    async fn is_of(&self, account: AccountId, tenant: &str) -> bool {
        let Ok(team) = tenant.parse::<TeamId>() else { return tenant == format!("account-{account}") };
        self.commands().team_access(account, team, Permission::SeeTeam).await.is_ok()
    }
}

fn told(seen: &[Aside]) -> Option<HeaderValue> {
    if seen.is_empty() {
        return None;
    }
    let one = |Aside { view, stream, position, .. }: &Aside| format!("{stream};view={view};position={position}");
    let mut members: Vec<_> = seen.iter().take(TOLD).map(one).collect();
    if seen.len() > TOLD {
        members.push(format!("more;streams={}", seen.len() - TOLD));
    }
    HeaderValue::from_str(&members.join(", ")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use opensail_commands::journal::StreamId;

    fn aside(n: usize) -> Aside {
        Aside { view: "team", stream: StreamId::new("team", n), position: 7, tenant: n.to_string(), project: None }
    }

    #[test]
    fn a_header_of_many_says_how_many_more() {
        assert_eq!(told(&[]), None);
        let many: Vec<_> = (0..TOLD + 3).map(aside).collect();
        assert_eq!(told(&many[..1]).expect("one"), "team-0;view=team;position=7");
        let text = told(&many).expect("many").to_str().expect("text").to_owned();
        assert!(text.ends_with("team-19;view=team;position=7, more;streams=3"), "{text}");
    }
}
