//! `opensail account …`.

use serde_json::json;

use super::CliError;
use super::arguments::Account;
use super::connect::connect;

pub async fn execute(command: Account) -> Result<(), CliError> {
    let connection = connect().await?;
    let done = match command {
        Account::Forget { account, reason } => {
            connection.client.post(&format!("/api/v1/accounts/{account}/forget"), &json!({ "reason": reason })).await
        }
    };
    connection.close().await;
    tell!("forgotten; the event stands at position {}", done?["position"]);
    Ok(())
}
