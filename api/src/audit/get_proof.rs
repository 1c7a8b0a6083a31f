use axum::Json;
use axum::extract::State;
use opensail_commands::journal::Position;
use opensail_domain::kernel::AccountId;
use opensail_domain::team::AuditQuestion;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::get_checkpoint::base64;
use crate::auth::signed::Signed;
use crate::extract::Params;
use crate::problem::{FieldError, Problem};
use crate::router::Api;

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ProofParams {
    /// Prove that the event at this position is in the tree.
    #[serde(default)]
    position: Option<u64>,
    /// Prove that the tree of this size is the beginning of the one of `size`. Give this or `position`.
    #[serde(default)]
    from: Option<u64>,
    /// Size of the tree; the newest checkpoint's when absent.
    #[serde(default)]
    size: Option<u64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Proof)]
pub(super) struct ProofBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<u64>,
    size: u64,
    /// Hashes of the proof in the order of RFC 6962, base64.
    path: Vec<String>,
    /// Hash of the event's leaf, base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    leaf: Option<String>,
    /// The event, with `proof`: what its leaf is made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    event: Option<Value>,
    /// The signed checkpoint of `size`, if one of exactly this size was made.
    checkpoint: Option<String>,
    keys: Vec<String>,
}

/// Proof that an event is in the journal that the checkpoints sign, or that one checkpoint's journal is the beginning of another's.
#[utoipa::path(get, path = "/api/v1/audit/proof", tag = "audit", params(ProofParams), responses((status = 200, description = "The proof", body = ProofBody)))]
pub(super) async fn get_proof(
    State(api): State<Api>,
    signed: Signed,
    Params(params): Params<ProofParams>,
) -> Result<Json<ProofBody>, Problem> {
    let one_of = || Problem::invalid(vec![FieldError::parameter("position", "give `position` or `from`, one of the two, from 1 on")]);
    let (asked, position, from) = match (params.position, params.from) {
        (Some(position), None) if position > 0 => (position, Some(position), None),
        (None, Some(from)) if from > 0 => (from, None, Some(from)),
        _ => return Err(one_of()),
    };
    if params.size.is_some_and(|size| size < asked) {
        return Err(Problem::invalid(vec![FieldError::parameter("size", "must not be smaller than what is to be proven")]));
    }
    if let Some(position) = position {
        let tenant = api.may_audit(signed.account, position).await?;
        api.record_reading(&signed, &[tenant], AuditQuestion { proofs: true, ..AuditQuestion::default() }, false).await?;
    }
    let newest = api.sealed(params.size.unwrap_or(asked)).await?;
    let size = params.size.unwrap_or(newest.checkpoint.size);
    let seal = api.seal()?;
    let checkpoint = match size == newest.checkpoint.size {
        true => Some(newest.note),
        false => seal.of_size(size).await?.map(|sealed| sealed.note),
    };
    let keys = api.verifier_keys().await?;
    let none = ProofBody { position, from, size, path: Vec::new(), leaf: None, event: None, checkpoint, keys };
    if let Some(from) = from {
        let path = seal.consistency(from, size).await?.path.iter().map(base64).collect();
        return Ok(Json(ProofBody { path, ..none }));
    }
    let inclusion = seal.inclusion(asked, size).await?;
    let event = api.queries().proven_event(asked, size).await?.ok_or_else(Problem::not_found)?;
    let event = serde_json::to_value(event).map_err(Problem::unserialisable)?;
    let path = inclusion.path.iter().map(base64).collect();
    Ok(Json(ProofBody { path, leaf: Some(base64(&inclusion.leaf)), event: Some(event), ..none }))
}

impl Api {
    /// The tenant of the event there, if the account may audit it; hidden like one that does not exist.
    async fn may_audit(&self, account: AccountId, position: Position) -> Result<String, Problem> {
        let found = self.commands().journal().read_at(&[position]).await?;
        let tenant = found.into_iter().next().ok_or_else(Problem::not_found)?.tenant;
        if tenant == format!("account-{account}") {
            return Ok(tenant);
        }
        let team = tenant.parse().map_err(|_| Problem::not_found())?;
        self.commands().audit_access(account, team).await?;
        Ok(tenant)
    }
}
