//! What people may not do, over a real server.

mod foreign_ids;
mod idempotency;
mod matrix;

/// Waits until a person's project is ready.
async fn settle(world: &opensail_tests::world::World, person: &opensail_tests::people::Person, project: &str) {
    opensail_tests::world::until("the project to be ready", async || {
        let project = person.get(world, &format!("/api/v1/projects/{project}")).await.expect(200);
        (project["status"] == "ready").then_some(())
    })
    .await;
}
