//! The whole matrix of roles and permissions, generated from the one table.

use opensail_domain::team::Role;

use super::world::World;
use crate::{CommandError, Permission};

#[tokio::test]
async fn every_permission_for_every_role() {
    let world = World::new().await;
    let ada = world.person("ada@example.org").await;
    let team = world.team(ada).await;
    let project = world.project(ada, team).await;
    let session = world.session(ada, project).await;
    let mut people = vec![(ada, Some(Role::Admin)), (world.person("stranger@example.org").await, None)];
    for (email, role) in [("viewer@example.org", Role::Viewer), ("editor@example.org", Role::Editor)] {
        let account = world.person(email).await;
        world.add(ada, team, account, role).await;
        people.push((account, Some(role)));
    }
    for (account, role) in people {
        for permission in Permission::ALL {
            let expected = match role {
                None => Err(CommandError::NotFound),
                Some(role) if role < permission.minimal_role() => Err(CommandError::Forbidden),
                Some(role) => Ok(role),
            };
            let of_team = world.b.team_access(account, team, *permission).await.map(|access| access.role);
            let of_project = world.b.project_access(account, project, *permission).await.map(|access| access.role);
            let of_session = world.b.session_access(account, session, *permission).await.map(|access| access.role);
            for found in [of_team, of_project, of_session] {
                assert_eq!(found, expected, "{role:?} {permission:?}");
            }
        }
    }
}
