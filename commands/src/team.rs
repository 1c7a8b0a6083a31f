//! The room of teams.

mod accept_invitation;
mod add_member;
mod change_member_role;
mod create_invitation;
mod create_team;
mod delete_team;
mod export_audit;
mod invitation_token;
mod leave_team;
mod read_audit;
mod remove_member;
mod rename_team;
mod revoke_invitation;

pub use accept_invitation::Joined;
pub(crate) use accept_invitation::bad_invitation;
pub use add_member::{AddMember, MemberAdded, NewMember};
pub use change_member_role::ChangeMemberRole;
pub use create_invitation::{CreateInvitation, Invited};
pub use create_team::{CreateTeam, TeamCreated};
pub use delete_team::DeleteTeam;
pub use export_audit::ExportAudit;
pub use leave_team::LeaveTeam;
pub use read_audit::ReadAudit;
pub use remove_member::RemoveMember;
pub use rename_team::RenameTeam;
pub use revoke_invitation::RevokeInvitation;
