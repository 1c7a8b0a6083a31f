use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use opensail_commands::journal::{Cursor, Position};
use opensail_projections::MAX_LIMIT;
use opensail_projections::audit::{AuditFilter, EventPage};
use serde_json::json;

use super::filter::AuditParams;
use crate::auth::signed::Signed;
use crate::extract::Params;
use crate::json_lines;
use crate::problem::Problem;
use crate::router::Api;

/// What the first line of an export says it is.
const FORMAT: &str = "opensail-audit";
const FORMAT_VERSION: u32 = 1;

/// Everything that a query of the audit finds, as JSON lines: a header line, then event items. `limit` is not heeded.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit", params(AuditParams), responses((status = 200, description = "The events", body = String, content_type = "application/x-ndjson")))]
pub(super) async fn export_audit(State(api): State<Api>, signed: Signed, Params(params): Params<AuditParams>) -> Result<Response, Problem> {
    let filter = api.audit_filter(signed.account, &params).await?;
    let list = params.list();
    api.settle(list.min_position.as_deref()).await?;
    let page = EventPage { limit: Some(MAX_LIMIT), ..api.event_page(&list).await? };
    let head = api.commands().journal().head().await?;
    let first = json!({ "format": FORMAT, "version": FORMAT_VERSION, "epoch": head.epoch.to_string(), "position": head.position, "tenants": filter.tenants });
    let first = futures::stream::once(async move { Ok(json_lines::line(&first)) });
    let pages = futures::stream::unfold(Some(page), move |page| {
        let (api, filter) = (api.clone(), filter.clone());
        async move {
            let page = page?;
            match api.audit_lines(&filter, page).await {
                Ok((lines, next)) => Some((Ok(lines), next)),
                Err(problem) => Some((Err(problem), None)),
            }
        }
    });
    let name = [(header::CONTENT_DISPOSITION, "attachment; filename=\"audit.jsonl\"")];
    Ok((name, json_lines::response(first.chain(pages))).into_response())
}

impl Api {
    /// One page of lines, and the page after it.
    async fn audit_lines(&self, filter: &AuditFilter, page: EventPage) -> Result<(Bytes, Option<EventPage>), Problem> {
        let found = self.queries().audit_events(filter, &page).await?;
        let lines = found.items.iter().flat_map(json_lines::line).collect();
        let after: Option<Position> = found.next.and_then(|next| next.parse::<Cursor>().ok()).map(|cursor| cursor.position);
        Ok((lines, after.map(|after| EventPage { after: Some(after), ..page })))
    }
}
