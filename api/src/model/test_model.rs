use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::ModelWish;
use crate::auth::signed::Asked;
use crate::problem::Problem;
use crate::router::Api;

#[derive(Deserialize, ToSchema)]
pub(crate) struct ModelQuestion {
    /// A choice that is not made yet; absent: what is set up.
    #[serde(default)]
    choice: Option<ModelWish>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ModelTested {
    model: String,
    /// It answered.
    ok: bool,
    /// Its answer, or what went wrong in words.
    detail: String,
    /// What went wrong; null when nothing did.
    code: Option<&'static str>,
    /// How long it took, in milliseconds.
    duration_ms: u64,
}

/// Asks a model one short question, which may cost a fraction of a cent. Writes nothing. Administrators of the platform only.
#[utoipa::path(post, path = "/api/v1/model/test", tag = "sessions", request_body = ModelQuestion, responses((status = 200, description = "How it went", body = ModelTested)))]
pub(crate) async fn test_model(State(api): State<Api>, asked: Asked<ModelQuestion>) -> Result<Json<ModelTested>, Problem> {
    let wish = asked.body.choice.map(Into::into);
    let test = api.commands().test_model(&asked.caller, wish.as_ref()).await?;
    let (ok, code, detail) = match test.outcome {
        Ok(answer) => (true, None, answer),
        Err((code, detail)) => (false, Some(code), detail),
    };
    Ok(Json(ModelTested { model: test.model, ok, detail, code, duration_ms: u64::try_from(test.took.as_millis()).unwrap_or(u64::MAX) }))
}
