//! Access tokens: JWTs (HS256) good for fifteen minutes. Which family of refresh tokens one belongs to is in it, so that it is void as
//! soon as the family ends.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use opensail_domain::kernel::{AccountId, Micros};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::config::{ACCESS_SECONDS, ApiConfig};

/// Who the token is for: this API and nothing else.
const AUDIENCE: &str = "opensail-api";

#[derive(Clone)]
pub(crate) struct AccessTokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    key_id: String,
    issuer: String,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: AccountId,
    family: Uuid,
    /// Seconds since 1970.
    iat: i64,
    exp: i64,
    iss: String,
    aud: String,
}

/// What a valid token says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct AccessClaims {
    pub(crate) account_id: AccountId,
    pub(crate) family: Uuid,
}

impl AccessTokens {
    pub(crate) fn new(config: &ApiConfig) -> Self {
        let issuer = config.public_url.origin();
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[&issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Time is the caller's, so that a moved clock moves this too.
        validation.validate_exp = false;
        AccessTokens {
            encoding: EncodingKey::from_secret(config.jwt_key.bytes()),
            decoding: DecodingKey::from_secret(config.jwt_key.bytes()),
            validation,
            key_id: key_id(config.jwt_key.bytes()),
            issuer,
        }
    }

    /// `now` in microseconds.
    pub(crate) fn sign(&self, claims: AccessClaims, now: Micros) -> Result<String, jsonwebtoken::errors::Error> {
        let iat = now.div_euclid(1_000_000);
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::HS256) };
        let claims = Claims {
            sub: claims.account_id,
            family: claims.family,
            iat,
            exp: iat + ACCESS_SECONDS as i64,
            iss: self.issuer.clone(),
            aud: AUDIENCE.into(),
        };
        encode(&header, &claims, &self.encoding)
    }

    /// `None` for everything that is not a token of ours in its time.
    pub(crate) fn verify(&self, token: &str, now: Micros) -> Option<AccessClaims> {
        if decode_header(token).ok()?.kid.as_deref() != Some(&self.key_id) {
            return None;
        }
        let claims = decode::<Claims>(token, &self.decoding, &self.validation).ok()?.claims;
        (now.div_euclid(1_000_000) < claims.exp).then_some(AccessClaims { account_id: claims.sub, family: claims.family })
    }
}

/// Names the key without telling it, so that a changed SECRET_KEY is a clean miss.
fn key_id(key: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"opensail access-token key id\0");
    hash.update(key);
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ApiKey32, PublicUrl};

    const NOW: Micros = 1_800_000_000_000_000;

    fn tokens(url: &str, key: u8) -> AccessTokens {
        let public_url = PublicUrl::parse(url).unwrap();
        AccessTokens::new(&ApiConfig { public_url, jwt_key: ApiKey32::new([key; 32]), csrf_key: ApiKey32::new([9; 32]) })
    }

    #[test]
    fn a_token_is_good_here_for_fifteen_minutes() {
        let ours = tokens("https://a.example", 1);
        let claims = AccessClaims { account_id: AccountId(Uuid::now_v7()), family: Uuid::now_v7() };
        let token = ours.sign(claims, NOW).unwrap();
        assert_eq!(ours.verify(&token, NOW), Some(claims));
        assert_eq!(ours.verify(&token, NOW + 899_000_000), Some(claims));
        assert_eq!(ours.verify(&token, NOW + 900_000_000), None);
        assert_eq!(tokens("https://a.example", 2).verify(&token, NOW), None);
        assert_eq!(tokens("https://b.example", 1).verify(&token, NOW), None);
    }

    #[test]
    fn a_changed_token_is_none() {
        let ours = tokens("https://a.example", 1);
        let claims = AccessClaims { account_id: AccountId(Uuid::now_v7()), family: Uuid::now_v7() };
        let token = ours.sign(claims, NOW).unwrap();
        for index in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The last character of a part carries unused bits; a strict decoder refuses them.
            assert_eq!(ours.verify(&changed, NOW), None, "at {index}");
        }
        // No algorithm, no signature.
        let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.".to_owned() + token.split('.').nth(1).unwrap() + ".";
        assert_eq!(ours.verify(&none, NOW), None);
    }
}
