//! A bucket of any service that speaks S3: objects put once, read, and listed by name.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::error::{DisplayErrorContext, SdkError};
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ObjectLockEnabled, ObjectLockMode};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

/// A service that does not answer within this is away.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Where a bucket is, and who may use it. No Debug: it holds a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct BucketAddress {
    /// Of a service that is not the maker's own, e.g. `https://objects.example.org`; buckets are then named in the path.
    pub endpoint: Option<String>,
    pub region: String,
    pub bucket: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    /// Of keys that pass.
    pub session_token: Option<String>,
}

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum BucketError {
    /// Another object stands there.
    #[error("an object of this name is there already")]
    Exists,
    #[error("there is no such object")]
    Missing,
    #[error("{0}")]
    Unavailable(String),
}

/// How the bucket keeps what was put from being changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Locking {
    /// It does not.
    None,
    /// Objects are locked when they are put with a time.
    OnWish,
    /// The bucket has a rule of its own for every object.
    ByRule,
}

/// Clones share the connections.
#[derive(Clone)]
pub struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    pub fn new(address: &BucketAddress) -> Self {
        let BucketAddress { access_key_id, secret_access_key, session_token, .. } = address;
        let keys = Credentials::new(access_key_id, secret_access_key, session_token.clone(), None, "settings");
        let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let mut config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(address.region.clone()))
            .credentials_provider(keys)
            .timeout_config(TimeoutConfig::builder().operation_timeout(ANSWER_WITHIN).build())
            .http_client(http);
        if let Some(endpoint) = &address.endpoint {
            config = config.endpoint_url(endpoint).force_path_style(true);
        }
        Self { client: Client::from_conf(config.build()), name: address.bucket.clone() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the bucket keeps objects from being changed; one that does not say so does not.
    pub async fn locking(&self) -> Result<Locking, BucketError> {
        match self.client.get_object_lock_configuration().bucket(&self.name).send().await {
            Ok(answer) => Ok(match answer.object_lock_configuration() {
                Some(lock) if lock.object_lock_enabled() != Some(&ObjectLockEnabled::Enabled) => Locking::None,
                Some(lock) if lock.rule().is_some_and(|rule| rule.default_retention().is_some()) => Locking::ByRule,
                Some(_) => Locking::OnWish,
                None => Locking::None,
            }),
            Err(SdkError::ServiceError(error)) if matches!(error.raw().status().as_u16(), 400 | 404 | 501) => Ok(Locking::None),
            Err(error) => Err(away(error)),
        }
    }

    /// Puts a new object, durable when this returns. `locked_until`: nobody can change or remove it before, where the bucket offers that.
    pub async fn put_new(&self, key: &str, bytes: Vec<u8>, locked_until: Option<SystemTime>) -> Result<(), BucketError> {
        let mut put = self.client.put_object().bucket(&self.name).key(key).if_none_match("*").body(ByteStream::from(bytes));
        if let Some(until) = locked_until {
            put = put.object_lock_mode(ObjectLockMode::Compliance).object_lock_retain_until_date(DateTime::from(until));
        }
        match put.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.raw().status().as_u16() == 412 => Err(BucketError::Exists),
            Err(error) => Err(away(error)),
        }
    }

    pub async fn get(&self, key: &str) -> Result<Vec<u8>, BucketError> {
        let answer = match self.client.get_object().bucket(&self.name).key(key).send().await {
            Ok(answer) => answer,
            Err(SdkError::ServiceError(error)) if error.err().is_no_such_key() => return Err(BucketError::Missing),
            Err(error) => return Err(away(error)),
        };
        let body = answer.body.collect().await.map_err(|error| BucketError::Unavailable(error.to_string()))?;
        Ok(body.to_vec())
    }

    /// Names that begin with a prefix, in order of their bytes, `limit` at most.
    pub async fn list(&self, prefix: &str, limit: usize) -> Result<Vec<String>, BucketError> {
        let mut names = Vec::new();
        let mut more = None;
        loop {
            let page = i32::try_from((limit - names.len()).min(1000)).unwrap_or(1000);
            let asked = self.client.list_objects_v2().bucket(&self.name).prefix(prefix).max_keys(page).set_continuation_token(more);
            let answer = asked.send().await.map_err(away)?;
            names.extend(answer.contents().iter().filter_map(|object| object.key().map(str::to_owned)));
            more = answer.next_continuation_token().map(str::to_owned);
            if more.is_none() || names.len() >= limit {
                return Ok(names);
            }
        }
    }

    /// What stands between a prefix and the next `/`, as folders: `a/` of `a/b`.
    pub async fn folders(&self, prefix: &str) -> Result<Vec<String>, BucketError> {
        let mut folders = Vec::new();
        let mut more = None;
        loop {
            let asked = self.client.list_objects_v2().bucket(&self.name).prefix(prefix).delimiter("/").set_continuation_token(more);
            let answer = asked.send().await.map_err(away)?;
            folders.extend(answer.common_prefixes().iter().filter_map(|folder| folder.prefix().map(str::to_owned)));
            more = answer.next_continuation_token().map(str::to_owned);
            if more.is_none() {
                return Ok(folders);
            }
        }
    }
}

/// What happened, without the request: its headers hold a signature.
fn away<E: std::error::Error + 'static, R: std::fmt::Debug + 'static>(error: SdkError<E, R>) -> BucketError {
    let told = match &error {
        SdkError::ServiceError(answered) => DisplayErrorContext(answered.err()).to_string(),
        other => DisplayErrorContext(other).to_string(),
    };
    BucketError::Unavailable(told)
}
