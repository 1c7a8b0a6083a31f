//! The OpenAPI 3.1 document, made from the handlers themselves and locked by a snapshot.

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderValue, header};
use axum::routing::get;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::cookies;
use crate::problem::{FieldError, ProblemBody};
use crate::router::Api;
use crate::routes::{Needs, ROUTES};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "OpenSail",
        version = "1",
        description = "Agents that work in projects, with every step written down. Errors are problem details (RFC 9457) with a stable \
                       code; every write answers with a position, every read accepts one as min_position."
    ),
    modifiers(&Credentials),
    components(schemas(ProblemBody, FieldError)),
    tags((name = "operations", description = "Alive, ready, numbers"))
)]
struct Head;

/// How a caller shows who it is.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = Http::builder().scheme(HttpAuthScheme::Bearer).description(Some("An access token, or an API key osk_…")).build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let about = "Unsafe methods also need X-CSRF-Token equal to the cookie opensail_csrf, and the Origin of the public URL";
        let cookie = ApiKeyValue::with_description(cookies::ACCESS, about);
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// Adds what the table of routes knows: credentials, and the problem that every route may answer with.
fn complete(document: &mut utoipa::openapi::OpenApi) {
    let signed = vec![SecurityRequirement::new("bearer", Vec::<String>::new()), SecurityRequirement::new("cookie", Vec::<String>::new())];
    for (path, item) in &mut document.paths.paths {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for (operation, method) in operations.into_iter().zip(["GET", "POST", "PUT", "PATCH", "DELETE"]) {
            let Some(operation) = operation else { continue };
            let needs = ROUTES.iter().find(|(known, at, _)| *known == method && at == path).map(|(_, _, needs)| *needs);
            if matches!(needs, Some(Needs::SignIn | Needs::PlatformAdmin | Needs::Holds(_))) {
                operation.security = Some(signed.clone());
            }
            let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            let problem = ResponseBuilder::new().description("Refused").content("application/problem+json", problem).build();
            operation.responses.responses.insert("default".into(), problem.into());
        }
    }
    // The router's sign for "the rest of the path" is not OpenAPI's.
    document.paths.paths =
        std::mem::take(&mut document.paths.paths).into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Head::openapi())
        .routes(routes!(crate::health::get_health))
        .routes(routes!(crate::health::get_readiness))
        .routes(routes!(crate::event_types::list_event_types))
        .routes(routes!(crate::model::get_model, crate::model::choose_model, crate::model::clear_model))
        .routes(routes!(crate::model::test_model))
        .routes(routes!(crate::live::stream_many::stream_many))
        .merge(crate::account::routes())
        .merge(crate::team::routes())
        .merge(crate::project::routes())
        .merge(crate::storage::routes())
        .merge(crate::projection::routes())
        .merge(crate::consumer::routes())
        .merge(crate::work::routes())
        .merge(crate::agent_session::routes())
        .merge(crate::audit::routes())
}

/// Serves the document, written out once.
pub(crate) fn document(mut document: utoipa::openapi::OpenApi) -> Router<Api> {
    complete(&mut document);
    let text = Bytes::from(document.to_json().expect("the document is plain data, which always serialises"));
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Router::new().route("/api/openapi.json", get(move || async move { ([kind], text) }))
}
