//! The room of teams.

mod add_member;
mod change_member_role;
mod create_team;
mod delete_team;
mod leave_team;
mod remove_member;
mod rename_team;

pub use add_member::{AddMember, MemberAdded, NewMember};
pub use change_member_role::ChangeMemberRole;
pub use create_team::{CreateTeam, TeamCreated};
pub use delete_team::DeleteTeam;
pub use leave_team::LeaveTeam;
pub use remove_member::RemoveMember;
pub use rename_team::RenameTeam;
