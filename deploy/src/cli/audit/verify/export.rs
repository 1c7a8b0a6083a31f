//! The check of an export, line by line: any size, nothing kept but where each tenant stands.

use std::collections::BTreeMap;

use opensail_eventstore::seal::{Checkpoint, VerifierKey, proof};
use serde_json::Value;

use crate::cli::audit::evidence::Evidence;

/// What held.
#[derive(Debug)]
pub struct Verified {
    pub events: u64,
    pub size: u64,
    /// Microseconds since 1970.
    pub time: i64,
    /// Tenants of which nothing up to the last event is missing.
    pub complete: Vec<String>,
    /// Each tenant's last number.
    pub last: BTreeMap<String, u64>,
    /// The key that was believed because none was given.
    pub believed: Option<VerifierKey>,
}

pub struct ExportCheck {
    pinned: Vec<VerifierKey>,
    believed: Option<VerifierKey>,
    head: Option<Head>,
    events: u64,
    position: u64,
    last: BTreeMap<String, u64>,
    ended: bool,
}

struct Head {
    checkpoint: Checkpoint,
    tenants: Vec<String>,
    filtered: bool,
}

impl ExportCheck {
    pub fn new(pinned: Vec<VerifierKey>) -> Self {
        ExportCheck { pinned, believed: None, head: None, events: 0, position: 0, last: BTreeMap::new(), ended: false }
    }

    /// Takes the next line; says what is wrong, with the position.
    pub fn line(&mut self, line: &str) -> Result<(), String> {
        if line.trim().is_empty() {
            return Ok(());
        }
        let after = format!("after position {}: a line that is no JSON", self.position);
        let value: Value = serde_json::from_str(line).map_err(|_| after)?;
        if self.head.is_none() {
            self.head = Some(self.read_head(&value)?);
            return Ok(());
        }
        if self.ended {
            return Err("something follows the last line".into());
        }
        match value.get("end") {
            Some(end) => {
                self.ended = true;
                let count = end["events"].as_u64().unwrap_or_default();
                if count == self.events { Ok(()) } else { Err(format!("{count} events were written, {} are here", self.events)) }
            }
            None => self.event(&value),
        }
    }

    fn read_head(&mut self, head: &Value) -> Result<Head, String> {
        if head["format"] != "opensail-audit" {
            return Err("this is no export of the audit".into());
        }
        let note = head["checkpoint"].as_str().ok_or("the export carries no checkpoint: nothing in it is proven")?;
        if self.pinned.is_empty() {
            let keys = head["keys"].as_array().into_iter().flatten().filter_map(Value::as_str);
            self.pinned = keys.map(str::parse).collect::<Result<_, _>>().map_err(|error| format!("{error}"))?;
            self.believed = self.pinned.last().cloned();
        }
        let checkpoint = Checkpoint::open(note, &self.pinned).map_err(|error| format!("the checkpoint: {error}"))?;
        let tenants = head["tenants"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        Ok(Head { checkpoint, tenants, filtered: head["filtered"] != false })
    }

    fn event(&mut self, item: &Value) -> Result<(), String> {
        let Some(Head { checkpoint, tenants, filtered }) = &self.head else { return Err("the first line is missing".into()) };
        let place = match item["position"].as_u64() {
            Some(position) => format!("position {position}"),
            None => format!("after position {}", self.position),
        };
        let bad = |why: &str| format!("{place}: {why}");
        let evidence = Evidence::read(item).map_err(|why| bad(&why))?;
        let event = &evidence.event;
        if event.position <= self.position {
            return Err(bad(&format!("follows position {}", self.position)));
        }
        if !proof::includes(&checkpoint.root, checkpoint.size, event.position - 1, &evidence.leaf(), &evidence.path) {
            return Err(bad("not the event that was sealed there"));
        }
        if !tenants.contains(&event.tenant) {
            return Err(bad("of a tenant that the export does not name"));
        }
        let last = self.last.entry(event.tenant.clone()).or_insert(0);
        if !filtered && event.tenant_position != *last + 1 {
            return Err(bad(&format!("events {} to {} of {} are missing before it", *last + 1, event.tenant_position - 1, event.tenant)));
        }
        (*last, self.position) = (event.tenant_position, event.position);
        self.events += 1;
        Ok(())
    }

    pub fn finish(self) -> Result<Verified, String> {
        let head = self.head.ok_or("the file is empty")?;
        if !self.ended {
            return Err(format!("broken off after position {}", self.position));
        }
        let complete = if head.filtered { Vec::new() } else { self.last.keys().cloned().collect() };
        let (size, time) = (head.checkpoint.size, head.checkpoint.time);
        Ok(Verified { events: self.events, size, time, complete, last: self.last, believed: self.believed })
    }
}
