//! What PostgreSQL says of each statement that it ran: the module `auto_explain`, read from the server's log.

use opensail_tests::postgres::server;
use opensail_tests::world::until;
use serde_json::Value;
use sqlx::{Executor, PgConnection};

use super::{LOOKED_AT, SMALL};

pub(super) struct Explained {
    pub(super) text: String,
    plan: Value,
}

/// For every session of the database that begins from now on.
pub(super) async fn turn_on(owner: &mut PgConnection, database: &str) {
    for (setting, value) in [
        ("session_preload_libraries", "auto_explain"),
        ("auto_explain.log_min_duration", "0"),
        ("auto_explain.log_nested_statements", "on"),
        ("auto_explain.log_analyze", "on"),
        ("auto_explain.log_timing", "off"),
        ("auto_explain.log_format", "json"),
    ] {
        owner.execute(format!("ALTER DATABASE {database} SET {setting} = '{value}'").as_str()).await.expect("set");
    }
}

/// All that was told, once every session but this one has ended.
pub(super) async fn plans(owner: &mut PgConnection, database: &str) -> Vec<Explained> {
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()";
    until("the sessions' end", async || {
        let count: i64 = sqlx::query_scalar(others).bind(database).fetch_one(&mut *owner).await.expect("an answer");
        (count == 0).then_some(())
    })
    .await;
    let log = server().await.log();
    let begins = format!("{database} LOG:  duration:");
    let mut lines = log.lines().peekable();
    let mut plans = Vec::new();
    while let Some(line) = lines.next() {
        if !line.starts_with(&begins) || !line.ends_with("plan:") {
            continue;
        }
        let mut json = String::new();
        while let Some(more) = lines.next_if(|line| line.starts_with('\t')) {
            json.push_str(more.trim_start());
        }
        let told: Value = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
        plans.push(Explained { text: told["Query Text"].as_str().expect("a text").into(), plan: told["Plan"].clone() });
    }
    plans
}

impl Explained {
    /// A table read whole, or more rows looked at than are needed.
    pub(super) fn trouble(&self) -> Option<String> {
        let mut steps = Vec::new();
        let mut looked = 0;
        gather(&self.plan, &mut steps, &mut looked);
        let whole = steps.iter().any(|step| step.whole);
        (whole || looked > LOOKED_AT).then(|| {
            format!("{:.1000}\nlooked at {looked} rows\n{}", self.text, steps.iter().map(Step::told).collect::<Vec<_>>().join("\n"))
        })
    }
}

struct Step {
    depth: usize,
    node: String,
    of: String,
    looked: u64,
    whole: bool,
}

impl Step {
    fn told(&self) -> String {
        format!("{}{} {} ({} rows)", "  ".repeat(self.depth), self.node, self.of, self.looked)
    }
}

fn gather(node: &Value, steps: &mut Vec<Step>, looked: &mut u64) {
    fn walk(node: &Value, depth: usize, steps: &mut Vec<Step>, looked: &mut u64) {
        let text = |name: &str| node[name].as_str().unwrap_or_default().to_owned();
        let number = |name: &str| node[name].as_f64().unwrap_or(0.0);
        let table = text("Relation Name");
        let rows = number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
        let rows = (rows * number("Actual Loops").max(1.0)) as u64;
        // A bitmap's index names no table.
        let index = text("Index Name");
        let whole = text("Node Type") == "Seq Scan" && !SMALL.contains(&table.as_str());
        if !table.is_empty() || !index.is_empty() {
            *looked += rows;
        }
        steps.push(Step { depth, node: text("Node Type"), of: format!("{table} {index}"), looked: rows, whole });
        for below in node["Plans"].as_array().into_iter().flatten() {
            walk(below, depth + 1, steps, looked);
        }
    }
    walk(node, 0, steps, looked);
}
