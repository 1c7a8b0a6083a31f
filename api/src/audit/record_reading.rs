//! Who looks at a team's history stands in it, before anything is shown.

use opensail_commands::team::ReadAudit;
use opensail_domain::kernel::TeamId;
use opensail_domain::team::AuditQuestion;

use crate::auth::signed::Signed;
use crate::problem::Problem;
use crate::router::Api;

impl Api {
    /// `further`: a page that follows another. One's own events leave no trace. What was written is in what is shown.
    pub(super) async fn record_reading(
        &self,
        signed: &Signed,
        tenants: &[String],
        question: AuditQuestion,
        further: bool,
    ) -> Result<(), Problem> {
        let teams: Vec<TeamId> = tenants.iter().filter_map(|tenant| tenant.parse().ok()).collect();
        if teams.is_empty() {
            return Ok(());
        }
        let done = self.commands().execute(&signed.caller, &ReadAudit { teams, question, further }).await?;
        self.wait_for(done.position).await.map(drop)
    }
}
