//! `opensail storage …`.

use serde_json::{Value, json};

use super::arguments::Storage;
use super::client::Client;
use super::connect::connect;
use super::{CliError, session, working};

pub async fn execute(command: Storage) -> Result<(), CliError> {
    let connection = connect().await?;
    let done = with_server(command, &connection.client).await;
    connection.close().await;
    done
}

async fn with_server(command: Storage, client: &Client) -> Result<(), CliError> {
    match command {
        Storage::Show { json } => sweep(client, true, json).await,
        Storage::Sweep { dry_run, json } => sweep(client, dry_run, json).await,
        Storage::Keep { project, days, every, all } => {
            let id = session::project::find(client, &project).await?;
            let id = id.ok_or_else(|| CliError::Failed(format!("{project} is no project yet")))?;
            let retention = if all { Value::Null } else { json!({ "days": days, "every": every }) };
            client.put(&format!("/api/v1/projects/{id}/retention"), &json!({ "retention": retention })).await?;
            match days.filter(|_| !all) {
                Some(days) => tell!(
                    "kept from now on: all steps of the last {days} days, of older ones every {every}th, named ones always; the next sweep lets go of the others"
                ),
                None => tell!("kept from now on: every step"),
            }
            Ok(())
        }
    }
}

async fn sweep(client: &Client, dry_run: bool, json: bool) -> Result<(), CliError> {
    let (what, wish) = (if dry_run { "looking through the store" } else { "sweeping the store" }, json!({ "dry_run": dry_run }));
    let swept = working::shown(what, json, client.post("/api/v1/storage/sweep", &wish)).await?;
    if json {
        tell!("{swept}");
        return Ok(());
    }
    let let_go = if dry_run { "steps whose files would be let go" } else { "steps whose files were let go" };
    tell!("{:>10} {let_go}", swept["released"].as_u64().unwrap_or(0));
    let copies = if dry_run {
        "working copies of forks that nobody needs, would be removed"
    } else {
        "working copies of forks that nobody needed, removed"
    };
    tell!(
        "{:>10} copies  {:>12}  {copies}",
        swept["copies"]["objects"].as_u64().unwrap_or(0),
        size(swept["copies"]["bytes"].as_u64().unwrap_or(0))
    );
    let removed = if dry_run { "would be removed" } else { "removed" };
    for (name, told) in [
        ("live", "live"),
        ("young", "young, removed later"),
        ("later", "dead in live packs, removed later"),
        ("removed", removed),
        ("moved", "live, moved together"),
        ("unreadable", "unreadable, kept"),
    ] {
        let bytes = swept[name]["bytes"].as_u64().unwrap_or(0);
        let objects = swept[name]["objects"].as_u64().unwrap_or(0);
        tell!("{objects:>10} objects {:>12}  {told}", size(bytes));
    }
    Ok(())
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1024.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1024.0;
    }
    format!("{value:.1} TiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_for_people() {
        assert_eq!([0, 1023, 1024, 1536 * 1024, 5 << 40].map(size), ["0 B", "1023 B", "1.0 KiB", "1.5 MiB", "5.0 TiB"]);
    }
}
