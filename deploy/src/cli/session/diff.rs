//! `opensail session diff`.

use super::narrate::diff_line;
use crate::cli::CliError;
use crate::cli::client::Client;
use crate::cli::paint::{Ink, Paint, printable};

pub async fn diff(client: &Client, session: &str, json: bool) -> Result<(), CliError> {
    let diff = client.get(&format!("/api/v1/sessions/{session}/diff"), &[]).await?;
    if json {
        println!("{diff}");
        return Ok(());
    }
    let paint = Paint::for_stdout();
    for file in diff["items"].as_array().into_iter().flatten() {
        let path = printable(file["path"].as_str().unwrap_or_default());
        println!("{}", paint.ink(Ink::Bold, &format!("{} ({})", path, file["change"].as_str().unwrap_or_default())));
        match file["diff"].as_str() {
            Some(text) => printable(text).lines().for_each(|line| println!("{}", diff_line(line, paint))),
            None => println!("{}", paint.ink(Ink::Dim, "binary")),
        }
    }
    Ok(())
}
