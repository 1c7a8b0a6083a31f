//! A session watched on a terminal, which is a pair of pseudo-terminals here.

use std::fs::File;
use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use opensail_tests::world::{World, until};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use super::bench::{Bench, say, shell};
use crate::PROGRAM;

struct Terminal {
    keys: File,
    shown: Arc<Mutex<String>>,
    program: Child,
}

impl Terminal {
    fn run(bench: &Bench, arguments: &[&str]) -> Terminal {
        Terminal::of(bench.world.command(arguments))
    }

    fn of(mut command: Command) -> Terminal {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&ours).and_then(|()| unlockpt(&ours)).expect("unlocked");
        let theirs = || Stdio::from(ioctl_tiocgptpeer(&ours, OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("its other end"));
        let program = command.stdin(theirs()).stdout(theirs()).stderr(theirs()).spawn().expect("it runs");
        let keys = File::from(ours);
        let (mut screen, shown) = (keys.try_clone().expect("the screen"), Arc::new(Mutex::new(String::new())));
        let text = Arc::clone(&shown);
        // It ends with the last process that has the other end.
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = screen.read(&mut bytes) {
                text.lock().expect("the text").push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
        });
        Terminal { keys, shown, program }
    }

    fn shown(&self) -> String {
        self.shown.lock().expect("the text").clone()
    }

    async fn shows(&self, what: &str) {
        until(what, async || self.shown().contains(what).then_some(())).await;
    }

    fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("typed");
    }
}

#[tokio::test]
async fn a_question_that_is_answered_elsewhere_closes_at_once_and_half_a_line_answers_nothing() {
    let bench = Bench::new().await;
    let session = bench.start(&[shell("echo one"), shell("echo two"), say("done")], json!({ "edit_mode": "ask" })).await;
    let question = bench.question(&session).await;
    let mut terminal = Terminal::run(&bench, &["session", "watch", &session]);
    terminal.shows("why not ›").await;
    terminal.types("because it");
    terminal.shows("because it").await;
    bench.answer(&session, &question, json!({ "decision": "allow_once" })).await.expect(202);
    terminal.shows("answered by ").await;
    terminal.shows("typed, and not sent: because it").await;
    // The next question is answered by what is typed at it, and by nothing else.
    until("the next question", async || (terminal.shown().matches("why not ›").count() == 2).then_some(())).await;
    terminal.types("y\n");
    bench.world.session_is(&session, &["completed"]).await;
    let decisions: Vec<_> = bench.events_of(&session, "approval_answered").await.iter().map(|e| e["data"]["decision"].clone()).collect();
    assert_eq!(decisions, ["allow_once", "allow_once"], "{}", terminal.shown());
    let ended = terminal.program.wait().await.expect("it ends");
    assert!(ended.success(), "{}", terminal.shown());
}

#[tokio::test]
async fn a_question_of_a_session_that_is_cancelled_elsewhere_closes_too() {
    let bench = Bench::new().await;
    let session = bench.start(&[shell("echo one"), say("done")], json!({ "edit_mode": "ask" })).await;
    bench.question(&session).await;
    let mut terminal = Terminal::run(&bench, &["session", "watch", &session]);
    terminal.shows("why not ›").await;
    bench.world.post(&format!("/api/v1/sessions/{session}/cancel"), json!({})).await.expect(202);
    terminal.shows("cancelled").await;
    assert_eq!(terminal.program.wait().await.expect("it ends").code(), Some(1), "{}", terminal.shown());
}

#[tokio::test]
async fn what_takes_long_shows_that_it_lasts_and_leaves_nothing_of_it_behind() {
    // A server that answers only when the line was seen.
    let server = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", server.local_addr().expect("an address"));
    let world = World::at_rest(PROGRAM, &[]);
    let mut command = world.command(&["session", "undo", "s", "--to", "3"]);
    command.env("OPENSAIL_URL", &url).env("OPENSAIL_TOKEN", "t").env("NO_COLOR", "1");
    let mut terminal = Terminal::of(command);
    let (mut asked, _) = server.accept().await.expect("asked");
    assert!(asked.read(&mut [0; 4096]).await.expect("read") > 0);
    terminal.shows("going back: files are compared and changed … ").await;
    let body = json!({ "to": 3, "found": 9, "changed": 2, "spared": [], "refused": [] }).to_string();
    let head = format!("HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    asked.write_all(format!("{head}{body}").as_bytes()).await.expect("answered");
    assert!(terminal.program.wait().await.expect("it ends").success(), "{}", terminal.shown());
    terminal.shows("--to 9").await;
    let shown = terminal.shown();
    let (_, left) = shown.rsplit_once("\r\x1b[2K").expect("the line was cleared");
    assert!(left.starts_with("back at #3; paths changed: 2") && !left.contains("going back"), "{shown:?}");
}
