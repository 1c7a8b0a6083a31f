//! Those who write: each request has a key, and is repeated with it until its outcome is known.

use std::time::Duration;

use opensail_tests::people::PASSWORD;
use opensail_tests::world::{until, until_within};
use rand::Rng;
use rand::rngs::StdRng;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::House;
use std::sync::Arc;

/// A client gives up on an answer after this, and asks again.
const ANSWERS: Duration = Duration::from_secs(4);
/// A bound for what is lost for ever, not a measure.
const PATIENCE: Duration = Duration::from_secs(180);
/// One in so many acknowledged requests is made once more.
const REPEATED: u32 = 8;

/// A person with a team, a project and a session.
pub(super) struct Tenant {
    email: String,
    token: Mutex<String>,
    pub(super) team: String,
    pub(super) session: String,
    http: reqwest::Client,
}

/// What a writer does.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Gives the team one name after the other.
    Renames,
    /// Talks to the session.
    Talks,
}

/// What was acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) team: String,
    pub(super) text: String,
    /// Of the last event of its append.
    pub(super) position: u64,
}

/// What came of a request.
enum Outcome {
    Done(Value),
    Again,
}

impl Tenant {
    /// In calm weather.
    pub(super) async fn settle(house: &House, number: usize) -> Tenant {
        let http = reqwest::Client::builder().timeout(ANSWERS * 5).build().expect("a client");
        let url = house.processes[0].own_url();
        // Calm is not idle: who is asked to come again does, with the same key.
        let post = async |token: &str, path: &str, body: Value| -> Value {
            let key = format!("settle {path}");
            until_within(PATIENCE, path, async || {
                let request = http.post(format!("{url}/api/v1/{path}")).bearer_auth(token).header("idempotency-key", &key);
                let answer = request.json(&body).send().await.ok()?;
                let (status, text) = (answer.status().as_u16(), answer.text().await.ok()?);
                assert!(matches!(status, 200..300 | 429 | 503), "{path}: {status} {text}");
                (status < 300).then(|| serde_json::from_str(&text).expect("JSON"))
            })
            .await
        };
        let id = |answer: &Value| answer["id"].as_str().expect("an id").to_owned();
        let email = format!("tenant{number}@example.org");
        let made = post("", "auth/register", json!({ "email": email, "password": PASSWORD, "name": format!("Tenant {number}") })).await;
        let token = made["access_token"].as_str().expect("a token").to_owned();
        let team = id(&post(&token, "teams", json!({ "name": "before the storm" })).await);
        let project = id(&post(&token, "projects", json!({ "team_id": team, "name": "boat" })).await);
        until("the project to be ready", async || {
            let asked = http.get(format!("{url}/api/v1/projects/{project}")).bearer_auth(&token).send().await.ok()?;
            (asked.json::<Value>().await.ok()?["status"] == "ready").then_some(())
        })
        .await;
        let task = json!({ "task": "sail through the storm", "edit_mode": "allow", "model": "scripted" });
        let session = id(&post(&token, &format!("projects/{project}/sessions"), task).await);
        let http = reqwest::Client::builder().timeout(ANSWERS).build().expect("a client");
        Tenant { email, token: Mutex::new(token), team, session, http }
    }

    pub(super) async fn token(&self) -> String {
        self.token.lock().await.clone()
    }

    /// That token has run out. One at a time signs in, for each attempt that a kill cuts off counts against the address.
    pub(super) async fn sign_in(&self, url: &str, stale: &str) {
        let mut token = self.token.lock().await;
        if *token != stale {
            return;
        }
        let body = json!({ "email": self.email, "password": PASSWORD });
        let Ok(answer) = self.http.post(format!("{url}/api/v1/auth/login")).json(&body).send().await else { return };
        if let Some(fresh) = answer.json::<Value>().await.ok().and_then(|answer| answer["access_token"].as_str().map(str::to_owned)) {
            *token = fresh;
        }
    }

    /// A question in calm weather, until it is answered.
    pub(super) async fn ask(&self, house: &House, path: &str) -> Value {
        let url = house.processes[0].own_url();
        until_within(PATIENCE, path, async || {
            let token = self.token().await;
            let answer = self.http.get(format!("{url}/api/v1/{path}")).bearer_auth(&token).send().await.ok()?;
            if answer.status() == 401 {
                self.sign_in(&url, &token).await;
            }
            if answer.status().is_success() { answer.json().await.ok() } else { None }
        })
        .await
    }

    /// Every event of a list, page by page, oldest first.
    pub(super) async fn all(&self, house: &House, list: &str) -> Vec<Value> {
        let (mut events, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.ask(house, &format!("{list}limit=200{after}")).await;
            events.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return events,
            }
        }
    }
}

/// Until it is calm, and until nothing of it is in doubt.
pub(super) async fn write(house: Arc<House>, tenant: Arc<Tenant>, kind: Kind, mut rng: StdRng, calm: CancellationToken) -> Vec<Said> {
    let mut said = Vec::new();
    while !calm.is_cancelled() {
        let text = format!("word {:016x}", rng.random::<u64>());
        let key = format!("key {text}");
        let first = insist(&house, &tenant, kind, &text, &key, &mut rng).await;
        if rng.random_ratio(1, REPEATED) {
            let again = insist(&house, &tenant, kind, &text, &key, &mut rng).await;
            assert_eq!(again, first, "the same key answers with the first result");
        }
        said.push(Said { team: tenant.team.clone(), text, position: first });
    }
    said
}

/// Repeats a request until it is acknowledged.
async fn insist(house: &House, tenant: &Tenant, kind: Kind, text: &str, key: &str, rng: &mut StdRng) -> u64 {
    let (method, path, body) = match kind {
        Kind::Renames => (Method::PATCH, format!("teams/{}", tenant.team), json!({ "name": text })),
        Kind::Talks => (Method::POST, format!("sessions/{}/messages", tenant.session), json!({ "text": text })),
    };
    let acknowledged = until_within(PATIENCE * 20, "an acknowledgement", async || {
        let url = house.door(rng).url();
        let request = tenant.http.request(method.clone(), format!("{url}/api/v1/{path}")).header("idempotency-key", key);
        let token = tenant.token().await;
        match request.bearer_auth(&token).json(&body).send().await {
            Err(_) => {
                house.tally.count("requests without an answer");
                None
            }
            Ok(answer) if answer.status() == 401 => {
                tenant.sign_in(&url, &token).await;
                None
            }
            Ok(answer) => match judge(house, answer).await {
                Outcome::Done(body) => Some(body),
                Outcome::Again => None,
            },
        }
    })
    .await;
    acknowledged["position"].as_u64().unwrap_or_else(|| panic!("no position: {acknowledged}"))
}

async fn judge(house: &House, answer: Response) -> Outcome {
    let (status, retry_after) = (answer.status().as_u16(), answer.headers().contains_key("retry-after"));
    let Ok(text) = answer.text().await else { return Outcome::Again };
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    match status {
        200..300 => return Outcome::Done(body),
        429 | 503 | 507 if retry_after => house.tally.count("asked to come again"),
        409 if body["code"] == "version_conflict" => house.tally.count("conflicts"),
        _ => house.tally.odd(format!("{status} {text}")),
    }
    Outcome::Again
}
