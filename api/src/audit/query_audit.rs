use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::filter::AuditParams;
use crate::auth::signed::Signed;
use crate::event_body::EventBody;
use crate::extract::Params;
use crate::listing::Listing;
use crate::problem::Problem;
use crate::router::Api;

/// Events with who, from where and why. Admins of a team see all of it; everybody sees the events of one's own account.
/// That a team's history was looked at becomes an event of the team, once for each reader, question and hour.
#[utoipa::path(get, path = "/api/v1/audit/events", tag = "audit", params(AuditParams), responses((status = 200, description = "A page", body = Listing<EventBody>)))]
pub(super) async fn query_audit(
    State(api): State<Api>,
    signed: Signed,
    Params(params): Params<AuditParams>,
) -> Result<Json<Listing<Value>>, Problem> {
    params.refuse_format()?;
    let filter = api.audit_filter(signed.account, &params).await?;
    let list = params.list();
    let queries = api.read(list.min_position.as_deref(), params.as_of.as_deref()).await?;
    api.record_reading(&signed, &filter.tenants, params.question(&filter), list.after.is_some()).await?;
    let page = api.event_page(&list).await?;
    api.event_listing(queries.audit_events(&filter, &page).await?)
}
