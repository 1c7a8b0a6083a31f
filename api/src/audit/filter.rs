//! What may be asked of the audit.

use opensail_commands::Permission;
use opensail_domain::kernel::{AccountId, ProjectId, TeamId};
use opensail_domain::team::{AuditQuestion, NOT_TOLD, Role, identifier};
use opensail_projections::audit::AuditFilter;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::extract::{ListParams, Order};
use crate::problem::{FieldError, Problem};
use crate::router::Api;
use crate::time;

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditParams {
    /// Only this team's; absent: all teams one is admin of, and one's own account's.
    #[serde(default)]
    #[param(value_type = Option<Uuid>)]
    team_id: Option<TeamId>,
    #[serde(default)]
    #[param(value_type = Option<Uuid>)]
    project_id: Option<ProjectId>,
    /// Id of an account, an agent's session, a key, or the name of a part of the platform.
    #[serde(default)]
    actor: Option<String>,
    /// Exact event type.
    #[serde(default, rename = "type")]
    event_type: Option<String>,
    /// Exact stream, `<type>-<id>`.
    #[serde(default)]
    stream: Option<String>,
    #[serde(default)]
    correlation: Option<Uuid>,
    /// Time, not before.
    #[serde(default)]
    from: Option<String>,
    /// Time, before.
    #[serde(default)]
    to: Option<String>,
    /// Cursor or position, exclusive.
    #[serde(default)]
    after: Option<String>,
    /// Events of a page, 1 to 200; 50 when absent.
    #[serde(default)]
    limit: Option<u32>,
    #[serde(default)]
    #[param(inline)]
    order: Option<Order>,
    /// Cursor or position that the view must have reached.
    #[serde(default)]
    min_position: Option<String>,
    /// Cursor, position or time to look at the past: what happened later is left out.
    #[serde(default)]
    pub(super) as_of: Option<String>,
    /// Only of the export: `jsonl` (default) can be verified, `csv` is for spreadsheets.
    #[serde(default)]
    #[param(inline)]
    format: Option<ExportFormat>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ExportFormat {
    #[default]
    Jsonl,
    Csv,
}

impl AuditParams {
    /// What leaves out events of the tenants asked for, as it was given.
    pub(super) fn filter(&self) -> Map<String, Value> {
        let text = |text: &Option<String>| text.clone();
        let given = [
            ("project_id", self.project_id.map(|id| id.to_string())),
            ("actor", text(&self.actor)),
            ("type", text(&self.event_type)),
            ("stream", text(&self.stream)),
            ("correlation", self.correlation.map(|id| id.to_string())),
            ("from", text(&self.from)),
            ("to", text(&self.to)),
            ("after", text(&self.after)),
        ];
        given.into_iter().filter_map(|(name, given)| Some((name.to_owned(), given?.into()))).collect()
    }

    /// Whether it leaves out events of the tenants asked for.
    pub(super) fn is_filtered(&self) -> bool {
        !self.filter().is_empty()
    }

    /// As it is written down that it was asked, in the history of each team: where several are looked at, ids may be another team's and are not told.
    pub(super) fn question(&self, filter: &AuditFilter) -> AuditQuestion {
        let alone = filter.tenants.iter().filter(|tenant| tenant.parse::<TeamId>().is_ok()).count() <= 1;
        let told = |text: &Option<String>| text.as_deref().map(identifier);
        let id = |text: &Option<String>| if alone { told(text) } else { text.as_ref().map(|_| NOT_TOLD.into()) };
        AuditQuestion {
            project_id: self.project_id,
            actor: id(&self.actor),
            event_type: told(&self.event_type),
            stream: id(&self.stream),
            correlation: self.correlation.filter(|_| alone),
            after: None,
            from: filter.from,
            to: filter.to,
            proofs: false,
        }
    }

    pub(super) fn format(&self) -> ExportFormat {
        self.format.unwrap_or_default()
    }

    /// For a list, which has one form.
    pub(super) fn refuse_format(&self) -> Result<(), Problem> {
        match self.format {
            None => Ok(()),
            Some(_) => Err(Problem::unknown_fields(vec![FieldError::parameter("format", "this parameter is not known here")])),
        }
    }

    pub(super) fn list(&self) -> ListParams {
        let AuditParams { after, limit, order, min_position, .. } = self.clone();
        ListParams { limit, after, order, min_position, as_of: None }
    }
}

impl Api {
    /// Narrows to what the account may audit; 404 and 403 as everywhere.
    pub(super) async fn audit_filter(&self, account: AccountId, params: &AuditParams) -> Result<AuditFilter, Problem> {
        let mut teams = Vec::new();
        if let Some(team) = params.team_id {
            self.commands().audit_access(account, team).await?;
            teams.push(team);
        }
        if let Some(project) = params.project_id {
            let access = self.commands().project_access(account, project, Permission::SeeAudit).await?;
            if params.team_id.is_some_and(|team| team != access.team_id) {
                return Err(Problem::not_found());
            }
            teams = vec![access.team_id];
        }
        let mut tenants: Vec<String> = teams.iter().map(TeamId::to_string).collect();
        if params.team_id.is_none() && params.project_id.is_none() {
            tenants.push(format!("account-{account}"));
            for (team, role) in self.queries().roles_of_account(account).await? {
                // The view may be behind; the journal decides.
                if role == Role::Admin && self.commands().team_access(account, team, Permission::SeeAudit).await.is_ok() {
                    tenants.push(team.to_string());
                }
            }
        }
        Ok(AuditFilter {
            tenants,
            project: params.project_id.map(|project| project.to_string()),
            actor: params.actor.clone(),
            event_type: params.event_type.clone(),
            stream: params.stream.clone(),
            correlation: params.correlation,
            from: moment("from", params.from.as_deref())?,
            to: moment("to", params.to.as_deref())?,
            until: None,
        })
    }
}

fn moment(parameter: &str, text: Option<&str>) -> Result<Option<i64>, Problem> {
    text.map(|text| {
        time::parse(text).ok_or_else(|| Problem::invalid(vec![FieldError::parameter(parameter, "must be a time as in RFC 3339")]))
    })
    .transpose()
}
