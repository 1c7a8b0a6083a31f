use axum::Json;
use axum::extract::State;
use opensail_commands::journal::Sealed;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::signed::Signed;
use crate::extract::Params;
use crate::problem::Problem;
use crate::router::Api;
use crate::time;

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CheckpointParams {
    /// The checkpoint of a tree of exactly this size; the newest when absent.
    #[serde(default)]
    size: Option<u64>,
    /// Cursor or position that the newest checkpoint must cover.
    #[serde(default)]
    min_position: Option<String>,
}

/// How much of the journal is sealed, signed.
#[derive(Serialize, ToSchema)]
#[schema(as = Checkpoint)]
pub(super) struct CheckpointBody {
    /// Positions in the tree.
    size: u64,
    /// Root of the tree, base64.
    root: String,
    epoch: String,
    /// RFC 3339, UTC, six digits: when it was sealed.
    time: String,
    /// The signed text itself (C2SP tlog-checkpoint).
    pub(super) note: String,
    /// All keys that ever signed, oldest first, as C2SP signed-note writes them. Whoever verifies keeps the first one from an earlier day.
    pub(super) keys: Vec<String>,
}

/// The newest signed checkpoint of the journal, or the one of a size.
#[utoipa::path(get, path = "/api/v1/audit/checkpoint", tag = "audit", params(CheckpointParams), responses((status = 200, description = "The checkpoint", body = CheckpointBody)))]
pub(super) async fn get_checkpoint(
    State(api): State<Api>,
    _signed: Signed,
    Params(params): Params<CheckpointParams>,
) -> Result<Json<CheckpointBody>, Problem> {
    let sealed = match params.size {
        Some(size) => api.seal()?.of_size(size).await?.ok_or_else(Problem::not_found)?,
        None => {
            let least = match params.min_position.as_deref() {
                Some(text) => api.position("min_position", text).await?,
                None => 1,
            };
            api.sealed(least).await?
        }
    };
    let keys = api.verifier_keys().await?;
    let Sealed { checkpoint, note } = sealed;
    let (root, epoch, time) = (base64(&checkpoint.root), checkpoint.epoch.to_string(), time::rfc3339(checkpoint.time));
    Ok(Json(CheckpointBody { size: checkpoint.size, root, epoch, time, note, keys }))
}

pub(super) fn base64(hash: &[u8; 32]) -> String {
    use ::base64::Engine;
    ::base64::engine::general_purpose::STANDARD.encode(hash)
}
