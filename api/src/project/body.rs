//! Projects on the wire.

use opensail_domain::project::Source;
use opensail_projections::project::{ProjectDetails, ProjectStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::problem::{FieldError, Problem};
use crate::time::rfc3339;

/// Where a project's files come from. Which fields go with which kind: `folder` path; `git` url and ref; `template` name; `empty` none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Source)]
pub(crate) struct SourceBody {
    pub(crate) kind: SourceKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SourceKind {
    #[default]
    Empty,
    Folder,
    Git,
    Template,
}

impl SourceBody {
    /// A field that is missing, or of another kind, is pointed at.
    pub(crate) fn source(self) -> Result<Source, Problem> {
        let SourceBody { kind, path, url, reference, name } = self;
        let (source, odd) = match kind {
            SourceKind::Empty => (Ok(Source::Empty), [("path", path), ("url", url), ("ref", reference), ("name", name)].to_vec()),
            SourceKind::Folder => {
                (needed("path", path).map(|path| Source::Folder { path }), [("url", url), ("ref", reference), ("name", name)].to_vec())
            }
            SourceKind::Git => (needed("url", url).map(|url| Source::Git { url, reference }), [("path", path), ("name", name)].to_vec()),
            SourceKind::Template => {
                (needed("name", name).map(|name| Source::Template { name }), [("path", path), ("url", url), ("ref", reference)].to_vec())
            }
        };
        let odd: Vec<_> = odd.into_iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name).collect();
        if !odd.is_empty() {
            let error = |name| FieldError::pointer(format!("/source/{name}"), "this field does not go with this kind");
            return Err(Problem::unknown_fields(odd.into_iter().map(error).collect()));
        }
        source
    }
}

fn needed(name: &str, value: Option<String>) -> Result<String, Problem> {
    value.ok_or_else(|| Problem::invalid(vec![FieldError::pointer(format!("/source/{name}"), format!("{name} is needed"))]))
}

impl From<Source> for SourceBody {
    fn from(source: Source) -> Self {
        match source {
            Source::Empty => SourceBody::default(),
            Source::Folder { path } => SourceBody { kind: SourceKind::Folder, path: Some(path), ..SourceBody::default() },
            Source::Git { url, reference } => SourceBody { kind: SourceKind::Git, url: Some(url), reference, ..SourceBody::default() },
            Source::Template { name } => SourceBody { kind: SourceKind::Template, name: Some(name), ..SourceBody::default() },
        }
    }
}

/// How long snapshots are kept.
#[derive(Clone, Copy, Serialize, serde::Deserialize, ToSchema)]
#[schema(as = Retention)]
pub(crate) struct RetentionBody {
    /// All of the last days, at most 36500.
    pub(crate) days: u32,
    /// Of older ones every n-th, 1 to 10000.
    pub(crate) every: u32,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Project)]
pub(crate) struct ProjectBody {
    pub(crate) id: Uuid,
    pub(crate) team_id: Uuid,
    pub(crate) name: String,
    /// `preparing`, `ready` or `failed`
    pub(crate) status: &'static str,
    /// Why it failed and what to do.
    pub(crate) reason: Option<String>,
    pub(crate) source: SourceBody,
    /// Null: every snapshot is kept.
    pub(crate) retention: Option<RetentionBody>,
    pub(crate) created_by: Uuid,
    /// RFC 3339, UTC.
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
    /// Of the project's last event.
    pub(crate) position: u64,
}

impl From<ProjectDetails> for ProjectBody {
    fn from(project: ProjectDetails) -> Self {
        let status: ProjectStatus = project.status;
        ProjectBody {
            id: project.id.0,
            team_id: project.team_id.0,
            name: project.name,
            status: status.as_str(),
            reason: project.reason,
            source: project.source.into(),
            retention: project.retention.map(|keep| RetentionBody { days: keep.days, every: keep.every }),
            created_by: project.created_by.0,
            created_at: rfc3339(project.created_at),
            updated_at: rfc3339(project.updated_at),
            position: project.position,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn source(value: serde_json::Value) -> Result<Source, Vec<String>> {
        let body: SourceBody = serde_json::from_value(value).unwrap();
        body.source().map_err(|problem| problem.errors().iter().filter_map(|error| error.pointer.clone()).collect())
    }

    #[test]
    fn a_source_has_the_fields_of_its_kind() {
        assert_eq!(source(json!({"kind": "empty"})), Ok(Source::Empty));
        assert_eq!(source(json!({"kind": "folder", "path": "/p"})), Ok(Source::Folder { path: "/p".into() }));
        let git = Source::Git { url: "https://x/y".into(), reference: Some("main".into()) };
        assert_eq!(source(json!({"kind": "git", "url": "https://x/y", "ref": "main"})), Ok(git));
        assert_eq!(source(json!({"kind": "git"})), Err(vec!["/source/url".into()]));
        let wrong = source(json!({"kind": "template", "name": "n", "path": "/p", "url": "u"}));
        assert_eq!(wrong, Err(vec!["/source/path".into(), "/source/url".into()]));
    }
}
