//! Leases: who may work on a resource now. The token grows with every new holder and is checked inside the append,
//! so a holder that lost its lease cannot write any more.

use std::time::Duration;

use async_trait::async_trait;

use crate::append::Fence;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease {
    pub resource: String,
    /// Node and boot id.
    pub holder: String,
    pub token: u64,
    /// Microseconds since 1970, by the database's clock.
    pub expires: i64,
}

impl Lease {
    pub fn fence(&self) -> Fence {
        Fence { resource: self.resource.clone(), token: self.token }
    }
}

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum LeaseError {
    /// Somebody else holds it. A failing database is never reported as this.
    #[error("{resource} is held by {holder}")]
    Held { resource: String, holder: String },
    #[error("the leases are unavailable: {0}")]
    Unavailable(String),
}

#[async_trait]
pub trait Leases: Send + Sync + 'static {
    /// Takes the lease with a higher token than ever before, if it is free, expired or of a dead boot.
    async fn acquire(&self, resource: &str, holder: &str, ttl: Duration) -> Result<Lease, LeaseError>;
    /// Prolongs it; `Held` when it was lost.
    async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, LeaseError>;
    /// Gives it back; harmless when it was lost.
    async fn release(&self, lease: &Lease) -> Result<(), LeaseError>;
    /// Frees everything held by holders other than `holder`; for the desktop, where the data folder's lock proves them dead.
    async fn void_others(&self, holder: &str) -> Result<(), LeaseError>;
}
