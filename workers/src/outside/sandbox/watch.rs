//! The watch of the last rung: without control groups nobody adds up what all processes of a command use together, so we do, ten times
//! a second, and end the command when it goes beyond. Memory is resident and not shared; pages that parent and child still share
//! after a fork count twice, so the sum errs on the side of the machine.

use std::fs;

use super::limits::{Limits, WATCH_EVERY};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Breach {
    Memory,
    Processes,
}

/// Returns when the processes from `init` downwards use more than allowed.
pub(super) async fn breach(init: i32, limits: Limits) -> Breach {
    let mut ticks = tokio::time::interval(WATCH_EVERY);
    let page = rustix::param::page_size() as u64;
    loop {
        ticks.tick().await;
        let (tasks, pages) = usage(init, limits.processes);
        if tasks > limits.processes {
            return Breach::Processes;
        }
        if pages.saturating_mul(page) > limits.memory_bytes {
            return Breach::Memory;
        }
    }
}

/// Threads and unshared resident pages of all descendants; stops counting once there are more than `enough` threads.
fn usage(init: i32, enough: u64) -> (u64, u64) {
    let (mut tasks, mut pages) = (0, 0);
    let mut waiting = vec![init.to_string()];
    while let Some(process) = waiting.pop() {
        pages += unshared(&process).unwrap_or_default();
        for task in fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten() {
            tasks += 1;
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            waiting.extend(children.split_whitespace().map(str::to_owned));
        }
        if tasks > enough {
            break;
        }
    }
    (tasks, pages)
}

fn unshared(process: &str) -> Option<u64> {
    let statm = fs::read_to_string(format!("/proc/{process}/statm")).ok()?;
    let mut fields = statm.split(' ').skip(1).map(str::parse::<u64>);
    let (resident, shared) = (fields.next()?.ok()?, fields.next()?.ok()?);
    Some(resident.saturating_sub(shared))
}
