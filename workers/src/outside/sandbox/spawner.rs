//! The one thread that starts every sandbox.
//!
//! A sandbox asks the kernel to be killed when its parent dies, and the kernel means the parent *thread*. Threads of an async runtime come
//! and go, so all sandboxes are started from this one, which lives as long as the `Sandbox` does: it ends with the server, and every
//! command with it.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use rustix::process::Pid;
use tokio::sync::oneshot;

use super::program::Program;
use super::remains::Remains;
use super::rung::Group;

enum Job {
    Start(Box<Program>, oneshot::Sender<io::Result<Pid>>),
    /// A killed command whose caller is gone: wait for it, then let its group go.
    Bury(Remains, Group),
}

#[derive(Clone)]
pub(super) struct Spawner(Sender<Job>);

impl Spawner {
    pub(super) fn new() -> io::Result<Self> {
        let (jobs, inbox) = channel();
        thread::Builder::new().name("sandbox-spawner".into()).spawn(move || work(inbox))?;
        Ok(Self(jobs))
    }

    pub(super) async fn start(&self, program: Program) -> io::Result<Pid> {
        let gone = || io::Error::other("the thread that starts sandboxes has ended");
        let (reply, answer) = oneshot::channel();
        self.0.send(Job::Start(Box::new(program), reply)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    pub(super) fn bury(&self, remains: Remains, group: Group) {
        // Without the thread the process is ending as well, and the next start sweeps the group.
        let _ = self.0.send(Job::Bury(remains, group));
    }
}

fn work(inbox: Receiver<Job>) {
    for job in inbox {
        match job {
            Job::Start(program, reply) => {
                let launcher = program.spawn();
                // It holds our copies of the program's ends of the pipes.
                drop(program);
                if let Err(Ok(unwanted)) = reply.send(launcher) {
                    let unwanted = Remains::new(unwanted);
                    unwanted.kill();
                    let _ = unwanted.settle();
                }
            }
            Job::Bury(remains, group) => {
                let _ = remains.settle();
                drop(group);
            }
        }
    }
}
