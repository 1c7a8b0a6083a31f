//! Projects whose files people changed since they were captured last: they are captured. Several changes in a row come to one capture.

use async_trait::async_trait;

use crate::Hands;
use crate::reconciler::Reconciler;

pub struct CaptureProjects {
    hands: Hands,
}

impl CaptureProjects {
    pub fn new(hands: Hands) -> Self {
        CaptureProjects { hands }
    }
}

#[async_trait]
impl Reconciler for CaptureProjects {
    async fn reconcile(&self) -> Result<(), String> {
        let changed = self.hands.queries.uncaptured_projects().await.map_err(|error| error.to_string())?;
        let mut failed = None;
        for project in changed {
            if let Err(error) = self.hands.commands.capture_project(project).await {
                tracing::warn!(%project, error = error.log_text(), "a project's files could not be captured; trying again");
                failed = error.retryable().then(|| error.log_text());
            }
        }
        failed.map_or(Ok(()), Err)
    }
}
