//! What was read before a switch.

use opensail_domain::kernel::AccountId;
use opensail_domain::team;
use uuid::Uuid;

use super::{built, change, two_projects};
use crate::engine::EngineError;
use crate::testing::{World, on_both};

on_both!(what_was_read_before_a_switch_is_kept_for_a_way_back,);

async fn what_was_read_before_a_switch_is_kept_for_a_way_back(world: World) {
    let (projections, queries) = world.caught_up().await;
    two_projects(&world).await;
    world.settle(&projections).await;
    assert!(matches!(projections.roll_back("team").await, Err(EngineError::NoWayBack { .. })));
    change(&world, "UPDATE teams SET name = 'Pirates'").await;
    let name = async || queries.team(world.crew).await.expect("an answer").expect("the team").name;

    // Twice, since the second one drops what the first one kept.
    for _ in 0..2 {
        projections.rebuild("team").await.expect("begun");
        built(&projections).await;
        assert_eq!(name().await, "Crew");
    }
    projections.roll_back("team").await.expect("begun");
    built(&projections).await;
    assert_eq!(name().await, "Crew");
    change(&world, "UPDATE teams SET name = 'Pirates'").await;
    projections.rebuild("team").await.expect("begun");
    built(&projections).await;

    // Meanwhile somebody joins: the earlier tables know it when they come back, now and in the past.
    let bob = AccountId(Uuid::now_v7());
    world.on_team(world.crew, vec![team::MemberAdded { account_id: bob, role: team::Role::Viewer }.into()]).await;
    world.settle(&projections).await;
    projections.roll_back("team").await.expect("begun");
    built(&projections).await;
    world.settle(&projections).await;
    assert_eq!(name().await, "Pirates");
    assert_eq!(queries.role_in_team(world.crew, bob).await.expect("an answer"), Some(team::Role::Viewer));
    let joined = world.store_head().await;
    let members = async |at: u64| queries.as_of(at).team(world.crew).await.expect("an answer").expect("the team").members;
    assert_eq!((members(joined - 1).await, members(joined).await), (1, 2));

    projections.drop_old("team").await.expect("dropped");
    assert!(matches!(projections.roll_back("team").await, Err(EngineError::NoWayBack { .. })));
    assert!(projections.overview().await.expect("an overview").iter().all(|view| view.kept.is_none()));
}
