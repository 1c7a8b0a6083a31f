//! Commands of an agent that wish ill, through the server as it stands: each comes to nothing, and the server is well after each.

use opensail_tests::world::World;
use serde_json::{Value, json};

use crate::PROGRAM;

#[tokio::test]
async fn hostile_commands_come_to_nothing() {
    let world = World::start(PROGRAM, &[]).await;
    let (project, _) = world.project("hostile").await;
    let (_, neighbour) = world.project("neighbour").await;
    std::fs::write(neighbour.join("secret.txt"), "neighbours-secret").expect("written");
    let (home, outside) = (world.home(), world.path().join("work/outside.txt"));
    let address = world.url.trim_start_matches("http://").to_owned();
    let (host, port) = address.split_once(':').expect("an address");
    // What each tries, and what its output would hold if it came to something.
    let tries = [
        ("cat /etc/shadow".to_owned(), "root:"),
        (format!("cat {0}/journal.db {0}/secret.key {0}/cli.token; ls {0}", home.display()), "journal.db\n"),
        (format!("cat {}/secret.txt", neighbour.display()), "neighbours-secret"),
        // The first two may land in the command's own /tmp, which nobody else sees.
        (format!("echo x > {}; echo x > ../outside.txt; echo x > /usr/x && echo wrote", outside.display()), "wrote"),
        (format!("exec 3<>/dev/tcp/{host}/{port} && echo connected; curl -m 3 -s {} && echo connected", world.url), "connected"),
        ("bomb() { bomb | bomb & }; bomb; sleep 2; echo survived >&2; exit 0".to_owned(), "Traceback"),
        ("head -c 20G /dev/zero > /tmp/big && echo filled; head -c 20G /dev/zero > big && echo filled; rm -f big".to_owned(), "filled"),
    ];
    let mut lines: Vec<Value> = tries
        .iter()
        .map(|(command, _)| json!({ "tool_calls": [{ "name": "bash_exec", "arguments": { "command": command, "timeout": 20 } }] }))
        .collect();
    lines.push(json!({ "tool_calls": [{ "name": "bash_exec", "arguments": { "command": "echo still well" } }] }));
    lines.push(json!({ "text": "done" }));
    let session = world.session(&project, json!({ "task": "t", "model": world.script(&lines), "edit_mode": "allow" })).await;
    let done = world.session_is(&session, &["completed", "failed", "limit_reached"]).await;
    assert_eq!(done["status"], "completed", "{done}\n{}", world.log());
    let outputs: Vec<String> = world
        .events(&session)
        .await
        .iter()
        .filter(|event| event["type"] == "agent_session.tool_call_completed")
        .map(|event| event["data"]["output"].as_str().expect("an output").to_owned())
        .collect();
    assert_eq!(outputs.len(), tries.len() + 1);
    for ((command, success), output) in tries.iter().zip(&outputs) {
        let told = output.replace(command.as_str(), "");
        assert!(!told.contains(success), "{command}: {output}");
    }
    assert!(outputs.last().is_some_and(|output| output.contains("still well")), "{outputs:?}");
    assert!(!outside.exists());
    world.get("/readyz").await;
}
