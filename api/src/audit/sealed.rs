//! The seal, as the audit's routes ask it.

use opensail_commands::journal::{Position, Seal, SealError, Sealed};
use opensail_projections::{LONGEST_WAIT, QueryError};

use crate::problem::Problem;
use crate::router::Api;

impl Api {
    pub(super) fn seal(&self) -> Result<&Seal, Problem> {
        Ok(self.queries().seal()?)
    }

    /// The newest checkpoint, once it covers the position; waits as long as `min_position` does everywhere.
    pub(super) async fn sealed(&self, position: Position) -> Result<Sealed, Problem> {
        let newest = self.seal()?.covering(position, LONGEST_WAIT).await?;
        newest.filter(|sealed| sealed.checkpoint.size >= position).ok_or_else(Problem::behind)
    }

    pub(super) async fn verifier_keys(&self) -> Result<Vec<String>, Problem> {
        Ok(self.seal()?.keys().await?.iter().map(ToString::to_string).collect())
    }
}

impl From<SealError> for Problem {
    fn from(error: SealError) -> Self {
        QueryError::from(error).into()
    }
}
