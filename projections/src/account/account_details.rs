//! Who is this account?

use opensail_domain::kernel::{AccountId, Micros};
use opensail_eventstore::Position;
use serde::Serialize;

use crate::db::sql;
use crate::{Queries, QueryError, sealed, time};

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AccountDetails {
    pub id: AccountId,
    pub email: String,
    pub name: String,
    pub platform_admin: bool,
    #[serde(serialize_with = "time::serialize")]
    pub created_at: Micros,
    pub position: Position,
}

impl Queries {
    pub async fn account(&self, id: AccountId) -> Result<Option<AccountDetails>, QueryError> {
        let sql = sql!("SELECT email, name, platform_admin, created_at, position FROM accounts WHERE account_id = $1", id.to_string());
        let Some(row) = self.db.one(sql).await? else { return Ok(None) };
        Ok(Some(AccountDetails {
            id,
            email: sealed::text(&self.keys, &row.json(0)?).await?,
            name: sealed::text(&self.keys, &row.json(1)?).await?,
            platform_admin: row.int(2)? != 0,
            created_at: row.int(3)?,
            position: row.count(4)?,
        }))
    }

    /// Whether anybody has registered yet.
    pub async fn any_account(&self) -> Result<bool, QueryError> {
        Ok(self.db.one(sql!("SELECT account_id FROM accounts LIMIT 1")).await?.is_some())
    }
}
