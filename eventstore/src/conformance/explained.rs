//! How PostgreSQL went about each statement that it ran, and how many rows it looked at: the module `auto_explain`, read from the server's log. So a
//! walk along the wrong index is found as well as a table that was read whole.

use serde_json::Value;
use sqlx::{Executor, PgConnection};

use super::server::server;

pub struct Explained {
    /// As it was sent, or as it stands in the function that it is part of.
    pub text: String,
    steps: Vec<Step>,
}

struct Step {
    depth: usize,
    node: String,
    table: String,
    index: String,
    looked: u64,
}

/// For every session of the database that begins from now on. Asked of the tables' owner.
pub async fn turn_on(owner: &mut PgConnection, database: &str) {
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

/// All that was told of the database. Ends every other session of it, since what one is answered may be told a moment later.
pub async fn plans(owner: &mut PgConnection, database: &str) -> Vec<Explained> {
    let end = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()";
    sqlx::query(end).bind(database).execute(&mut *owner).await.expect("ended");
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
        let mut steps = Vec::new();
        gather(&told["Plan"], 0, &mut steps);
        plans.push(Explained { text: told["Query Text"].as_str().expect("a text").into(), steps });
    }
    plans
}

impl Explained {
    /// A table read whole, except `small` ones, or more rows looked at than `most`.
    pub fn trouble(&self, small: &[&str], most: u64) -> Option<String> {
        let whole = self.steps.iter().any(|step| step.node == "Seq Scan" && !small.contains(&step.table.as_str()));
        let looked: u64 = self.steps.iter().map(|step| step.looked).sum();
        let steps: Vec<_> = self.steps.iter().map(Step::told).collect();
        (whole || looked > most).then(|| format!("{:.1000}\nlooked at {looked} rows\n{}", self.text, steps.join("\n")))
    }
}

impl Step {
    fn told(&self) -> String {
        format!("{}{} {} {} ({} rows)", "  ".repeat(self.depth), self.node, self.table, self.index, self.looked)
    }
}

fn gather(node: &Value, depth: usize, steps: &mut Vec<Step>) {
    let text = |name: &str| node[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| node[name].as_f64().unwrap_or(0.0);
    // A bitmap's index names no table.
    let (table, index) = (text("Relation Name"), text("Index Name"));
    let reads = text("Node Type") != "ModifyTable" && !(table.is_empty() && index.is_empty());
    let rows = number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
    let looked = if reads { (rows * number("Actual Loops")) as u64 } else { 0 };
    steps.push(Step { depth, node: text("Node Type"), table, index, looked });
    for below in node["Plans"].as_array().into_iter().flatten() {
        gather(below, depth + 1, steps);
    }
}
