//! Who asks: every route behind sign-in takes one of these.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use opensail_commands::Caller;
use opensail_commands::account::TOKEN_PREFIX;
use opensail_domain::kernel::AccountId;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::access_token::AccessClaims;
use super::{cookies, csrf};
use crate::config::{MAX_FILE_BYTES, MAX_JSON_BYTES};
use crate::extract::{json_from, read_body};
use crate::idempotency;
use crate::problem::Problem;
use crate::router::Api;

/// Somebody who is signed in. An Authorization header wins over cookies; with cookies, unsafe methods passed the CSRF check.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) account: AccountId,
    /// The browser's sign-in; none for a program's token.
    pub(crate) family: Option<Uuid>,
    pub(crate) caller: Caller,
}

impl FromRequestParts<Api> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let signed = match bearer(&parts.headers)? {
            Some(token) if token.starts_with(TOKEN_PREFIX) => by_token(api, token).await?,
            Some(token) => by_access_token(api, token).await?,
            None => {
                let token = cookies::read(&parts.headers, cookies::ACCESS).ok_or_else(Problem::unauthenticated)?;
                let signed = by_access_token(api, token).await?;
                if let (false, Some(family)) = (parts.method.is_safe(), signed.family) {
                    csrf::check(api.config(), &parts.headers, family)?;
                }
                signed
            }
        };
        Ok(Signed { caller: signed.caller.from_address(address(parts)), ..signed })
    }
}

/// A browser's token counts as long as its sign-in does: the journal is asked each time.
async fn by_access_token(api: &Api, token: &str) -> Result<Signed, Problem> {
    let now = api.commands().clock().now();
    let AccessClaims { account_id, family } = api.tokens().verify(token, now).ok_or_else(Problem::unauthenticated)?;
    if !api.commands().session_valid(account_id, family).await? {
        return Err(Problem::unauthenticated());
    }
    Ok(Signed { account: account_id, family: Some(family), caller: Caller::person(account_id) })
}

/// A program's token is looked up by its hash, so comparing takes no time that tells anything.
async fn by_token(api: &Api, token: &str) -> Result<Signed, Problem> {
    let owner = api.commands().verify_token(token).await?.ok_or_else(Problem::unauthenticated)?;
    Ok(Signed { account: owner.account_id, family: None, caller: owner.caller() })
}

/// A signed caller's write with a JSON body; the command is named after an Idempotency-Key if there is one.
pub(crate) struct Asked<T> {
    pub(crate) caller: Caller,
    pub(crate) family: Option<Uuid>,
    pub(crate) body: T,
}

impl<T: DeserializeOwned> FromRequest<Api> for Asked<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        let (Signed { caller, family, .. }, bytes) = taken(request, api, MAX_JSON_BYTES).await?;
        Ok(Asked { caller, family, body: json_from(&headers, &bytes)? })
    }
}

/// A signed caller's write whose body is a file's bytes, or nothing.
pub(crate) struct AskedBytes {
    pub(crate) caller: Caller,
    pub(crate) family: Option<Uuid>,
    pub(crate) bytes: Bytes,
    pub(crate) headers: HeaderMap,
}

impl FromRequest<Api> for AskedBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        let (Signed { caller, family, .. }, bytes) = taken(request, api, MAX_FILE_BYTES).await?;
        Ok(AskedBytes { caller, family, bytes, headers })
    }
}

/// Who asks is settled before a byte of the body is read.
async fn taken(request: Request, api: &Api, limit: usize) -> Result<(Signed, Bytes), Problem> {
    let (mut parts, body) = request.into_parts();
    let signed = Signed::from_request_parts(&mut parts, api).await?;
    let key = idempotency::key(&parts.headers)?.map(String::from);
    let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
    let bytes = read_body(Request::from_parts(parts, body), api, limit).await?;
    let caller = match key {
        Some(key) => signed.caller.clone().idempotent(method.as_str(), &path, &key, &bytes),
        None => signed.caller.clone(),
    };
    Ok((Signed { caller, ..signed }, bytes))
}

/// Somebody who is not signed in yet.
pub(crate) struct Stranger {
    pub(crate) caller: Caller,
}

impl FromRequestParts<Api> for Stranger {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        Ok(Stranger { caller: Caller::anonymous().from_address(address(parts)) })
    }
}

/// The peer's address, as the connection tells it; headers about it can be made up and are not believed.
fn address(parts: &Parts) -> Option<String> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical().to_string())
}

/// The token of an Authorization header. One that is there but is no bearer token is refused, not passed over for cookies.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = sent.next() else { return Ok(None) };
    let token = value.to_str().ok().and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    match token {
        Some(token) if sent.next().is_none() && !token.is_empty() => Ok(Some(token)),
        _ => Err(Problem::unauthenticated()),
    }
}
