//! People of a world: accounts with a browser's cookies and a bearer token.

use reqwest::Method;
use reqwest::header::SET_COOKIE;
use serde_json::{Value, json};

use crate::world::{Answer, World};

pub const PASSWORD: &str = "correct horse battery";

/// What a browser holds after a sign-in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Browser {
    pub access: String,
    pub refresh: String,
    pub csrf: String,
}

impl Browser {
    /// The cookies that an answer sets.
    pub fn of(answer: &Answer) -> Browser {
        let mut browser = Browser::default();
        for line in set_cookies(answer) {
            let (name, value) = line.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            match name {
                "opensail_access" => browser.access = value.into(),
                "opensail_refresh" => browser.refresh = value.into(),
                "opensail_csrf" => browser.csrf = value.into(),
                other => panic!("a cookie that the contract does not name: {other}"),
            }
        }
        browser
    }

    pub fn cookies(&self) -> String {
        format!("opensail_access={}; opensail_refresh={}; opensail_csrf={}", self.access, self.refresh, self.csrf)
    }

    /// A request as our own pages make it.
    pub async fn send(&self, world: &World, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let (cookies, csrf) = (self.cookies(), self.csrf.clone());
        let headers = [("cookie", cookies.as_str()), ("x-csrf-token", csrf.as_str()), ("origin", world.url.as_str())];
        world.send_as("", method, path, body, &headers).await
    }

    pub async fn refresh(&self, world: &World) -> Answer {
        self.send(world, Method::POST, "/api/v1/auth/refresh", None).await
    }

    /// Whether the access cookie is still good.
    pub async fn signed_in(&self, world: &World) -> bool {
        match self.send(world, Method::GET, "/api/v1/auth/me", None).await.status.as_u16() {
            200 => true,
            401 => false,
            other => panic!("{other}"),
        }
    }
}

pub fn set_cookies(answer: &Answer) -> Vec<String> {
    answer.headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().expect("text").to_owned()).collect()
}

/// Somebody with an account.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: String,
    pub email: String,
    pub token: String,
    pub browser: Browser,
}

impl Person {
    pub async fn send(&self, world: &World, method: Method, path: &str, body: Option<&Value>) -> Answer {
        world.send_as(&self.token, method, path, body, &[]).await
    }

    pub async fn get(&self, world: &World, path: &str) -> Answer {
        self.send(world, Method::GET, path, None).await
    }

    pub async fn post(&self, world: &World, path: &str, body: Value) -> Answer {
        self.send(world, Method::POST, path, Some(&body)).await
    }
}

impl World {
    /// Registers `<name>@example.org`; the server must have `OPENSAIL_REGISTRATION=open`.
    pub async fn register(&self, name: &str) -> Person {
        let email = format!("{name}@example.org");
        let body = json!({ "email": email, "password": PASSWORD, "name": name });
        let answer = self.send_as("", Method::POST, "/api/v1/auth/register", Some(&body), &[]).await;
        let browser = Browser::of(&answer);
        let token = answer.expect(201)["access_token"].as_str().expect("a token").to_owned();
        let me = self.send_as(&token, Method::GET, "/api/v1/auth/me", None, &[]).await.expect(200);
        Person { id: me["id"].as_str().expect("an id").into(), email, token, browser }
    }

    /// Takes somebody into a team, as its owner.
    pub async fn join(&self, team: &str, person: &Person, role: &str) {
        let body = json!({ "email": person.email, "role": role });
        self.post(&format!("/api/v1/teams/{team}/members"), body).await.expect(201);
    }

    pub async fn login(&self, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password });
        self.send_as("", Method::POST, "/api/v1/auth/login", Some(&body), &[]).await
    }
}
