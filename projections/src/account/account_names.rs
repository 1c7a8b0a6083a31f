//! What are these accounts called?

use std::collections::{BTreeSet, HashMap};

use opensail_domain::kernel::AccountId;

use crate::db::{Sql, Value};
use crate::{Queries, QueryError, sealed};

/// Accounts looked up by one statement.
const AT_ONCE: usize = 200;

impl Queries {
    /// Names by account; unknown accounts are missing from the answer.
    pub async fn account_names(&self, ids: impl IntoIterator<Item = AccountId>) -> Result<HashMap<AccountId, String>, QueryError> {
        let ids: Vec<_> = ids.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        let mut names = HashMap::with_capacity(ids.len());
        for some in ids.chunks(AT_ONCE) {
            let places: Vec<_> = (1..=some.len()).map(|n| format!("${n}")).collect();
            let text = format!("SELECT account_id, name FROM accounts WHERE account_id IN ({})", places.join(", "));
            let binds = some.iter().map(|id| Value::from(id.to_string())).collect();
            for row in self.db.adorning().all(Sql { text: text.into(), binds }).await? {
                names.insert(row.parsed(0)?, sealed::text(&self.keys, &row.json(1)?).await?);
            }
        }
        Ok(names)
    }
}
