use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use opensail_commands::journal::{Cursor, ExportEnd, Position, Sealed};
use opensail_commands::team::ExportAudit;
use opensail_domain::kernel::TeamId;
use opensail_domain::team::{AuditFormat, AuditQuestion};
use opensail_projections::audit::{AuditFilter, EventPage};
use opensail_projections::{EventItem, MAX_LIMIT, Page, Queries, noting};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::csv;
use super::filter::{AuditParams, ExportFormat};
use crate::auth::signed::Signed;
use crate::extract::{Order, Params};
use crate::json_lines;
use crate::problem::{FieldError, Problem};
use crate::reading::present_only;
use crate::router::Api;

/// What the first line of an export says it is.
const FORMAT: &str = "opensail-audit";
const FORMAT_VERSION: u32 = 2;

/// Everything that a query of the audit finds, as JSON lines: a header line with a signed checkpoint, event items each with its proof in the
/// checkpoint's tree, and a last line that counts them and is signed. `limit` is not heeded. `opensail audit verify` checks it without a server.
/// With `format=csv` for spreadsheets, without proofs; nothing in it is taken for a formula.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit", params(AuditParams), responses((status = 200, description = "The events", body = String, content_type = "application/x-ndjson"), (status = 200, description = "The events", body = String, content_type = "text/csv")))]
pub(super) async fn export_audit(State(api): State<Api>, signed: Signed, Params(params): Params<AuditParams>) -> Result<Response, Problem> {
    present_only(params.as_of.as_deref(), "an export is proven by the newest checkpoint; bound it by `to`, or list the events as of then")?;
    let filter = api.audit_filter(signed.account, &params).await?;
    let list = params.list();
    if params.format() == ExportFormat::Jsonl && list.order == Some(Order::Desc) {
        let why = "an export that can be verified runs as the journal does: leave it away, or take format=csv";
        return Err(Problem::invalid(vec![FieldError::parameter("order", why)]));
    }
    api.settle(list.min_position.as_deref()).await?;
    let page = EventPage { limit: Some(MAX_LIMIT), ..api.event_page(&list).await? };
    api.can_export(&filter, page).await?;
    let recorded = api.record_export(&signed, &filter, &params, page.after).await?;
    let head = api.commands().journal().head().await?;
    // What happens while it is sent is not in it: an export has an end on a busy journal too.
    let end = head.position.max(recorded);
    let queries = api.wait_for(end).await?;
    if params.format() == ExportFormat::Csv {
        return csv(queries, AuditFilter { until: Some(end), ..filter }, page).await;
    }
    // A seal that is in trouble must not keep the auditor from the events; without proofs they do not verify.
    let sealed = api.sealed(end).await.ok();
    let size = sealed.as_ref().map(|sealed| sealed.checkpoint.size);
    let mut first = json!({
        "format": FORMAT, "version": FORMAT_VERSION, "epoch": head.epoch.to_string(), "position": size.unwrap_or(end),
        "tenants": filter.tenants, "filtered": params.is_filtered(), "filter": params.filter(),
    });
    if let Some(Sealed { checkpoint, note }) = &sealed {
        api.wait_for(checkpoint.size).await?;
        first["checkpoint"] = note.as_str().into();
        first["keys"] = api.verifier_keys().await?.into();
        first["epochs"] = api.seal()?.roll().await?.into();
    }
    let filter = AuditFilter { until: Some(size.unwrap_or(end)), ..filter };
    let first = json_lines::line(&first);
    let export = Export { api, queries, filter, sealed };
    // What fails at once is an answer of its own, and no export that breaks off.
    let (lines, rest) = export.lines(page, Written::after(&first)).await?;
    let pages = futures::stream::unfold((export, rest), |(export, rest)| async move {
        let (page, written) = rest?;
        match export.lines(page, written).await {
            Ok((lines, rest)) => Some((Ok(lines), (export, rest))),
            Err(problem) => Some((Err(problem), (export, None))),
        }
    });
    let begun = futures::stream::iter([Ok(first), Ok(lines)]);
    let name = [(header::CONTENT_DISPOSITION, "attachment; filename=\"audit.jsonl\"")];
    Ok((name, json_lines::response(begun.chain(pages))).into_response())
}

impl Api {
    /// Whether anything can be shown at all: who gets nothing is not said to have taken it.
    async fn can_export(&self, filter: &AuditFilter, page: EventPage) -> Result<(), Problem> {
        let queries = self.wait_for(self.commands().journal().head().await?.position).await?;
        queries.audit_events(filter, &EventPage { limit: Some(1), ..page }).await?;
        Ok(())
    }

    /// Who takes a team's history away stands in it, also in what is taken; the position of that. One's own events leave no trace.
    async fn record_export(
        &self,
        signed: &Signed,
        filter: &AuditFilter,
        params: &AuditParams,
        after: Option<Position>,
    ) -> Result<Position, Problem> {
        let teams: Vec<TeamId> = filter.tenants.iter().filter_map(|tenant| tenant.parse().ok()).collect();
        if teams.is_empty() {
            return Ok(0);
        }
        let format = match params.format() {
            ExportFormat::Jsonl => AuditFormat::Jsonl,
            ExportFormat::Csv => AuditFormat::Csv,
        };
        let question = AuditQuestion { after, ..params.question(filter) };
        let export = ExportAudit { teams, format, filtered: params.is_filtered(), question };
        let done = self.commands().execute(&signed.caller, &export).await?;
        Ok(done.position)
    }
}

async fn csv(queries: Queries, filter: AuditFilter, page: EventPage) -> Result<Response, Problem> {
    let first = queries.audit_events(&filter, &page).await?;
    let lines = |found: &Page<EventItem>| Bytes::from(found.items.iter().map(csv::line).collect::<String>());
    let begun = futures::stream::iter([Ok(Bytes::from(csv::HEAD)), Ok(lines(&first))]);
    let pages = futures::stream::unfold(following(first.next), move |after| {
        let (queries, filter) = (queries.clone(), filter.clone());
        async move {
            match queries.audit_events(&filter, &EventPage { after: Some(after?), ..page }).await {
                Ok(found) => Some((Ok(lines(&found)), following(found.next))),
                Err(error) => Some((Err(error.into()), None)),
            }
        }
    });
    let name = (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\"");
    let kind = (header::CONTENT_TYPE, "text/csv; charset=utf-8");
    Ok(([name, kind], json_lines::body(begun.chain(pages))).into_response())
}

/// Of one question, up to one position.
struct Export {
    api: Api,
    queries: Queries,
    filter: AuditFilter,
    sealed: Option<Sealed>,
}

impl Export {
    /// One page of lines after those that are written, and the page after it. The last page ends with the line that counts and is signed; it is not
    /// where the view of the events lacks some of a stream that it has set aside.
    async fn lines(&self, page: EventPage, mut written: Written) -> Result<(Bytes, Option<(EventPage, Written)>), Problem> {
        let found = async {
            match &self.sealed {
                Some(sealed) => self.queries.proven_events(&self.filter, &page, sealed.checkpoint.size).await,
                None => self.queries.audit_events(&self.filter, &page).await,
            }
        };
        let (found, parked) = noting(found).await;
        let found = found?;
        let mut lines: Vec<u8> = found.items.iter().flat_map(json_lines::line).collect();
        written.events += found.items.len() as u64;
        written.private += found.items.iter().map(EventItem::unproven).sum::<u64>();
        written.lacks |= !parked.is_empty();
        written.hash.update(&lines);
        if let Some(after) = following(found.next) {
            return Ok((lines.into(), Some((EventPage { after: Some(after), ..page }, written))));
        }
        let mut end = json!({ "events": written.events, "private_fields": written.private });
        if let Some(sealed) = self.sealed.as_ref().filter(|_| !written.lacks) {
            end["note"] = self.sign_end(sealed, written).await?.into();
        }
        lines.extend(json_lines::line(&json!({ "end": end })));
        Ok((lines.into(), None))
    }

    async fn sign_end(&self, sealed: &Sealed, written: Written) -> Result<String, Problem> {
        let first = sealed.checkpoint.first_epoch().ok_or_else(Problem::not_found)?;
        let Written { events, private, hash, .. } = written;
        let commands = self.api.commands();
        let end =
            ExportEnd { first, size: sealed.checkpoint.size, time: commands.clock().now(), events, private, hash: hash.finalize().into() };
        Ok(self.api.seal()?.sign_export(commands.keyring(), &sealed.note, &end).await?)
    }
}

/// What an export holds so far.
#[derive(Clone)]
struct Written {
    events: u64,
    /// What they show that is not proven.
    private: u64,
    /// The view did not have all of it.
    lacks: bool,
    hash: Sha256,
}

impl Written {
    fn after(first: &Bytes) -> Written {
        Written { events: 0, private: 0, lacks: false, hash: Sha256::new().chain_update(first) }
    }
}

/// Where the next page begins.
fn following(next: Option<String>) -> Option<Position> {
    next.and_then(|next| next.parse::<Cursor>().ok()).map(|cursor| cursor.position)
}
