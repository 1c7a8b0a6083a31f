//! Every route with what it asks of the caller: the table that tests and reviewers read.

use opensail_commands::Permission;

/// Who may use a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Needs {
    /// Anybody.
    Nothing,
    /// A refresh cookie with its CSRF token.
    RefreshCookie,
    /// Anybody who is signed in; what is shown is one's own.
    SignIn,
    /// An administrator of the platform; others get 403.
    PlatformAdmin,
    /// A role in the resource's team: strangers get 404, a role that is too small 403.
    Holds(Permission),
}

use Needs::{Holds, Nothing, PlatformAdmin, RefreshCookie, SignIn};
use Permission as P;

/// Method, path, need. A test holds it against the OpenAPI document, route by route.
pub const ROUTES: &[(&str, &str, Needs)] = &[
    ("GET", "/healthz", Nothing),
    ("GET", "/readyz", Nothing),
    ("GET", "/api/v1/event-types", Nothing),
    ("POST", "/api/v1/auth/register", Nothing),
    ("POST", "/api/v1/auth/login", Nothing),
    ("POST", "/api/v1/auth/link", Nothing),
    ("POST", "/api/v1/auth/refresh", RefreshCookie),
    ("POST", "/api/v1/auth/logout", SignIn),
    ("POST", "/api/v1/auth/logout-all", SignIn),
    ("POST", "/api/v1/auth/password", SignIn),
    ("GET", "/api/v1/auth/me", SignIn),
    ("POST", "/api/v1/accounts/{id}/forget", SignIn),
    ("GET", "/api/v1/teams", SignIn),
    ("POST", "/api/v1/teams", SignIn),
    ("GET", "/api/v1/teams/{id}", Holds(P::SeeTeam)),
    ("PATCH", "/api/v1/teams/{id}", Holds(P::EditTeam)),
    ("DELETE", "/api/v1/teams/{id}", Holds(P::DeleteTeam)),
    ("GET", "/api/v1/teams/{id}/members", Holds(P::SeeTeam)),
    ("POST", "/api/v1/teams/{id}/members", Holds(P::ManageMembers)),
    ("PATCH", "/api/v1/teams/{id}/members/{account_id}", Holds(P::ManageMembers)),
    ("DELETE", "/api/v1/teams/{id}/members/{account_id}", Holds(P::ManageMembers)),
    ("GET", "/api/v1/teams/{id}/invitations", Holds(P::ManageMembers)),
    ("POST", "/api/v1/teams/{id}/invitations", Holds(P::ManageMembers)),
    ("DELETE", "/api/v1/teams/{id}/invitations/{invitation_id}", Holds(P::ManageMembers)),
    ("POST", "/api/v1/invitations/accept", SignIn),
    ("GET", "/api/v1/projects", SignIn),
    ("POST", "/api/v1/projects", Holds(P::CreateProject)),
    ("GET", "/api/v1/projects/{id}", Holds(P::SeeProject)),
    ("PATCH", "/api/v1/projects/{id}", Holds(P::EditProject)),
    ("DELETE", "/api/v1/projects/{id}", Holds(P::DeleteProject)),
    ("PUT", "/api/v1/projects/{id}/retention", Holds(P::SetRetention)),
    ("GET", "/api/v1/projects/{id}/tree", Holds(P::ReadFiles)),
    ("GET", "/api/v1/projects/{id}/file-origin", Holds(P::ReadFiles)),
    ("GET", "/api/v1/projects/{id}/files/{*path}", Holds(P::ReadFiles)),
    ("PUT", "/api/v1/projects/{id}/files/{*path}", Holds(P::WriteFiles)),
    ("DELETE", "/api/v1/projects/{id}/files/{*path}", Holds(P::WriteFiles)),
    ("GET", "/api/v1/templates", SignIn),
    ("GET", "/api/v1/model", SignIn),
    ("PUT", "/api/v1/model", PlatformAdmin),
    ("DELETE", "/api/v1/model", PlatformAdmin),
    ("POST", "/api/v1/model/test", PlatformAdmin),
    ("GET", "/api/v1/projects/{id}/sessions", Holds(P::SeeProject)),
    ("POST", "/api/v1/projects/{id}/sessions", Holds(P::StartSession)),
    ("GET", "/api/v1/sessions/{id}", Holds(P::SeeSession)),
    ("GET", "/api/v1/sessions/{id}/events", Holds(P::SeeSession)),
    ("GET", "/api/v1/sessions/{id}/stream", Holds(P::SeeSession)),
    ("GET", "/api/v1/sessions/{id}/outputs/{hash}", Holds(P::SeeSession)),
    ("GET", "/api/v1/sessions/{id}/diff", Holds(P::SeeSession)),
    ("GET", "/api/v1/sessions/{id}/blame", Holds(P::SeeSession)),
    ("GET", "/api/v1/sessions/{id}/snapshots", Holds(P::SeeSession)),
    ("PUT", "/api/v1/sessions/{id}/snapshots/{at}", Holds(P::SteerSession)),
    ("GET", "/api/v1/sessions/{id}/tree", Holds(P::SeeSession)),
    ("GET", "/api/v1/sessions/{id}/files/{*path}", Holds(P::SeeSession)),
    ("GET", "/api/v1/sessions/{id}/forks", Holds(P::SeeSession)),
    ("GET", "/api/v1/sessions/{id}/compare", Holds(P::SeeSession)),
    ("POST", "/api/v1/sessions/{id}/undo", Holds(P::SteerSession)),
    ("POST", "/api/v1/sessions/{id}/fork", Holds(P::StartSession)),
    ("POST", "/api/v1/sessions/{id}/merge", Holds(P::SteerSession)),
    ("POST", "/api/v1/sessions/{id}/discard", Holds(P::SteerSession)),
    ("GET", "/api/v1/sessions/{id}/replay", Holds(P::SeeSession)),
    ("GET", "/api/v1/sessions/{id}/export", Holds(P::SeeSession)),
    ("POST", "/api/v1/sessions/{id}/messages", Holds(P::SteerSession)),
    ("POST", "/api/v1/sessions/{id}/cancel", Holds(P::SteerSession)),
    ("POST", "/api/v1/sessions/{id}/forget", Holds(P::ForgetSession)),
    ("GET", "/api/v1/sessions/{id}/approvals", Holds(P::SeeSession)),
    ("POST", "/api/v1/sessions/{id}/approvals/{approval_id}", Holds(P::AnswerApproval)),
    ("GET", "/api/v1/approvals", SignIn),
    ("GET", "/api/v1/audit/events", SignIn),
    ("GET", "/api/v1/audit/export", SignIn),
    ("GET", "/api/v1/audit/checkpoint", SignIn),
    ("GET", "/api/v1/audit/proof", SignIn),
    ("POST", "/api/v1/storage/sweep", PlatformAdmin),
    ("GET", "/api/v1/projections", PlatformAdmin),
    ("POST", "/api/v1/projections/{name}/rebuild", PlatformAdmin),
    ("POST", "/api/v1/projections/{name}/rollback", PlatformAdmin),
    ("POST", "/api/v1/projections/{name}/drop-old", PlatformAdmin),
    ("GET", "/api/v1/live", SignIn),
];
