//! What the README shows is what is printed: its commands are typed into a shell, and what comes is held beside what stands there.
//!
//! Ids and positions are another each time; what the README calls by one name must be one thing all along, also in the commands that follow.

mod line;

use std::path::PathBuf;
use std::process::Stdio;

use opensail_tests::world::World;
use serde_json::{Value, json};
use tokio::process::Command;

use self::line::Known;
use crate::PROGRAM;

/// Of who wrote the README.
const HOME: &str = "/home/ada/.local/share/opensail";

/// Typed elsewhere (`journey.rs`), or another on each machine.
const NOT_TYPED: [&str; 3] = ["make run", "opensail session run", "opensail doctor"];

/// A command, and what stands beneath it.
type Shown = (String, Vec<String>);

/// All blocks of a chapter, one after the other.
fn chapter(title: &str) -> Vec<Shown> {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).expect("the README");
    let chapter = readme.split(&format!("\n## {title}\n")).nth(1).and_then(|rest| rest.split("\n## ").next());
    let blocks = chapter.unwrap_or_else(|| panic!("no chapter {title}")).split("```console\n").skip(1);
    let mut shown: Vec<Shown> = Vec::new();
    for line in blocks.filter_map(|block| block.split("\n```").next()).flat_map(str::lines) {
        match (line.strip_prefix("$ "), shown.last_mut()) {
            (Some(command), _) => shown.push((command.into(), Vec::new())),
            (None, Some((_, output))) => output.push(line.into()),
            (None, None) => panic!("output before any command: {line}"),
        }
    }
    shown.retain(|(command, _)| !NOT_TYPED.iter().any(|begin| command.starts_with(begin)));
    shown
}

fn step(text: &str, command: &str) -> Value {
    json!({ "text": text, "tool_calls": [{ "name": "bash_exec", "arguments": { "command": command } }] })
}

/// Who reads the README, in a folder in which a session learned to greet.
struct Reader {
    world: World,
    folder: PathBuf,
    project: String,
    session: String,
    script: PathBuf,
}

impl Reader {
    /// One who went through the tour, which is played where no model is set up.
    async fn after_the_tour() -> Reader {
        let (world, project, folder) = Reader::at_the_start().await;
        let session = world.session(&project, json!({ "task": "show me what you can do", "edit_mode": "allow" })).await;
        world.session_is(&session, &["completed"]).await;
        Reader { script: folder.join("none"), world, folder, project, session }
    }

    /// A server, and a project in a folder.
    async fn at_the_start() -> (World, String, PathBuf) {
        let world = World::start(PROGRAM, &[]).await;
        let bin = world.path().join("bin");
        std::fs::create_dir(&bin).expect("a folder");
        std::os::unix::fs::symlink(PROGRAM, bin.join("opensail")).expect("a link");
        let (project, folder) = world.project("boat").await;
        (world, project, folder)
    }

    async fn new() -> Reader {
        let (world, project, folder) = Reader::at_the_start().await;
        let hello = |how: &str| format!("echo 'echo {how}' > hello.sh");
        let model =
            world.script(&[step("A greeting.", &hello("hello")), step("Now louder.", &hello("HELLO")), json!({ "text": "It greets." })]);
        let wish = json!({ "task": "greet", "model": model, "edit_mode": "allow" });
        let session = world.session(&project, wish).await;
        world.session_is(&session, &["completed"]).await;
        let script = PathBuf::from(model.trim_start_matches("scripted:"));
        // What the model says to whoever leaves after its first step.
        let otherwise =
            [step("A greeting.", &hello("hello")), step("Kindly, then.", &hello("good day")), json!({ "text": "It wishes a good day." })];
        let otherwise: String = otherwise.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(&script, otherwise).expect("written");
        Reader { world, folder, project, session, script }
    }

    /// Types a line into a shell; what it says goes to where what it prints goes.
    async fn types(&self, line: &str, settings: &[(&str, &str)]) -> String {
        let mut shell = Command::new("sh");
        shell.env_clear().envs(settings.iter().copied());
        let program = self.world.command(&[]);
        for (name, value) in program.as_std().get_envs().filter_map(|(name, value)| Some((name, value?))) {
            shell.env(name, value);
        }
        let path = std::env::var("PATH").unwrap_or_default();
        shell.env("PATH", format!("{}:{path}", self.world.path().join("bin").display()));
        shell.args(["-c", &format!("exec 2>&1; {line}")]).current_dir(&self.folder).stdin(Stdio::null()).kill_on_drop(true);
        let printed = shell.output().await.expect("it runs").stdout;
        let home = self.world.home();
        String::from_utf8_lossy(&printed).replace(home.to_str().expect("text"), HOME)
    }

    /// Goes through a chapter's blocks; the first id in a command is that of `own`. A fork that was told something is waited for.
    async fn follows(&self, title: &str, own: &str, settings: &[(&str, &str)]) {
        let shown = chapter(title);
        let mut known = Known::default();
        if let Some(name) = shown.iter().find_map(|(command, _)| line::first_id(command)) {
            known.is(&name, own);
        }
        let (mut told, mut wrong) = (String::new(), Vec::new());
        for (command, expected) in &shown {
            let printed = self.types(&known.typed(command), settings).await;
            told.push_str(&format!("$ {command}\n{printed}"));
            if let Err(why) = known.fits(expected, &printed) {
                wrong.push(format!("$ {command}\n  {why}"));
            }
            if command.contains("--message") {
                self.world.session_is(printed.split_whitespace().next().expect("an id"), &["completed"]).await;
            }
        }
        let _ = std::fs::remove_file(&self.script);
        assert!(wrong.is_empty(), "the README shows something else:\n{}\nwhat was printed:\n{told}", wrong.join("\n"));
    }
}

#[tokio::test]
async fn what_follows_the_tour() {
    let reader = Reader::after_the_tour().await;
    reader.follows("A first tour", &reader.session, &[]).await;
}

#[tokio::test]
async fn going_back_and_trying_another_way() {
    let reader = Reader::new().await;
    reader.follows("Go back to any step, and try another way", &reader.session, &[]).await;
}

#[tokio::test]
async fn looking_back() {
    if Command::new("curl").arg("--version").output().await.is_err() {
        println!("skipped: curl is not installed, which the chapter types");
        return;
    }
    let reader = Reader::new().await;
    let settings = [("OPENSAIL_URL", reader.world.url.as_str()), ("OPENSAIL_TOKEN", reader.world.token.as_str())];
    reader.follows("Look back", &reader.project, &settings).await;
}

#[tokio::test]
async fn proving_and_forgetting() {
    let reader = Reader::new().await;
    reader.follows("A record one can prove", &reader.session, &[]).await;
}

#[tokio::test]
async fn building_a_view_anew() {
    let reader = Reader::new().await;
    reader.follows("Rebuild a view", "", &[]).await;
}
