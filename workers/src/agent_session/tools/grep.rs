//! `grep`: lines by a regular expression.

use std::collections::BTreeMap;

use async_trait::async_trait;
use opensail_commands::ports::project_files::{GrepLine, GrepQuery};

use super::definition::{Kind, Tool, Work, needed, optional};
use super::{Arguments, Project, Reads, told};

/// Most lines gathered before they are cut to what was asked for.
const MAX_LINES: usize = 20_000;
const DEFAULT_LIMIT: usize = 200;
const CONTEXT: Kind = Kind::Number { min: 0, max: 100 };

pub(super) static TOOL: Tool = Tool {
    name: "grep",
    about: "Search the project's files with a regular expression (Rust syntax). What .gitignore names is left out.",
    parameters: &[
        needed("pattern", Kind::Text, "Regular expression."),
        optional("path", Kind::Text, "File or folder to look in. Default: the project's root."),
        optional("glob", Kind::Text, "Only files whose path matches, e.g. \"**/*.ts\"."),
        optional("type", Kind::Text, "Only files of a kind: rust, py, js, ts, go, java, c, cpp, sh, md, json, yaml, toml, html, css."),
        optional(
            "output_mode",
            Kind::Choice(&["content", "files_with_matches", "count"]),
            "Matching lines, paths only, or lines per file. Default files_with_matches.",
        ),
        optional("-A", CONTEXT, "Lines to show after each match (content only)."),
        optional("-B", CONTEXT, "Lines to show before each match (content only)."),
        optional("-C", CONTEXT, "Lines to show around each match (content only)."),
        optional("-i", Kind::Flag, "Ignore case."),
        optional("-n", Kind::Flag, "Show line numbers (content only). Default true."),
        optional("multiline", Kind::Flag, "Let a match span lines."),
        optional("head_limit", Kind::Number { min: 1, max: 10_000 }, "Most lines of output. Default 200."),
        optional("offset", Kind::Number { min: 0, max: 10_000 }, "Lines of output to skip. Default 0."),
    ],
    later: &[],
    work: Work::Reads(&Grep),
};

struct Grep;

#[async_trait]
impl Reads for Grep {
    async fn run(&self, project: Project<'_>, arguments: &Arguments) -> Result<String, String> {
        let mode = arguments.optional_text("output_mode").unwrap_or("files_with_matches");
        let around = arguments.count("-C", 0);
        let (offset, limit) = (arguments.count("offset", 0), arguments.count("head_limit", DEFAULT_LIMIT));
        let context = |name| if mode == "content" { arguments.count(name, around) } else { 0 };
        let query = GrepQuery {
            pattern: arguments.text("pattern").into(),
            path: project.path(arguments.text("path")),
            glob: files(arguments)?,
            ignore_case: arguments.flag("-i"),
            multiline: arguments.flag("multiline"),
            before: context("-B"),
            after: context("-A"),
            limit: if mode == "content" { (offset + limit + 1).min(MAX_LINES) } else { MAX_LINES },
        };
        let (lines, cut) = project.files.grep(project.root, query).await.map_err(told)?;
        let shown = match mode {
            "content" => content(&lines, arguments.optional_flag("-n").unwrap_or(true)),
            "count" => per_file(&lines).into_iter().map(|(path, count)| format!("{path}:{count}")).collect(),
            _ => per_file(&lines).into_keys().map(str::to_owned).collect(),
        };
        if shown.is_empty() {
            return Ok("No line matches.".into());
        }
        let more = cut || shown.len() > offset + limit;
        let page: Vec<String> = shown.into_iter().skip(offset).take(limit).collect();
        let note =
            if more { format!("\n[there is more; go on with offset {}, or narrow the search]", offset + limit) } else { String::new() };
        Ok(page.join("\n") + &note)
    }
}

fn content(lines: &[GrepLine], numbers: bool) -> Vec<String> {
    let line = |line: &GrepLine| {
        let mark = if line.matched { ':' } else { '-' };
        let number = if numbers { format!("{}{mark}", line.number) } else { String::new() };
        format!("{}{mark}{number}{}", line.path, line.text.trim_end_matches(['\r', '\n']))
    };
    lines.iter().map(line).collect()
}

fn per_file(lines: &[GrepLine]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for line in lines.iter().filter(|line| line.matched) {
        *counts.entry(line.path.as_str()).or_default() += 1;
    }
    counts
}

/// The glob that `glob` or `type` names.
fn files(arguments: &Arguments) -> Result<Option<String>, String> {
    let Some(kind) = arguments.optional_text("type") else { return Ok(arguments.optional_text("glob").map(str::to_owned)) };
    if arguments.optional_text("glob").is_some() {
        return Err("glob and type were both given; give one of them".into());
    }
    let endings = match kind {
        "rust" | "rs" => "rs",
        "py" | "python" => "py,pyi",
        "js" | "javascript" => "js,jsx,mjs,cjs",
        "ts" | "typescript" => "ts,tsx,mts,cts",
        "go" => "go",
        "java" => "java",
        "c" => "c,h",
        "cpp" => "cpp,cc,cxx,hpp,hh,h",
        "sh" => "sh,bash",
        "md" | "markdown" => "md,markdown",
        "json" => "json,jsonl",
        "yaml" | "yml" => "yaml,yml",
        "toml" => "toml",
        "html" => "html,htm",
        "css" => "css,scss",
        other => return Err(format!("type {other:?} is not known; use glob instead, e.g. \"**/*.{other}\"")),
    };
    Ok(Some(format!("**/*.{{{endings}}}")))
}
