//! The check of an export, line by line: any size, nothing kept but where each tenant stands.

use std::collections::BTreeMap;

use opensail_eventstore::seal::roll::How;
use opensail_eventstore::seal::{Checkpoint, ExportEnd, Roll, VerifierKey, proof};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::cli::audit::evidence::{Evidence, only};

/// The form that is understood. One of before had no signed end, so nothing could tell that it was shortened.
const VERSION: u64 = 2;
const HEAD: [&str; 10] = ["format", "version", "epoch", "position", "tenants", "filtered", "filter", "checkpoint", "keys", "epochs"];

/// What held.
#[derive(Debug)]
pub struct Verified {
    pub events: u64,
    pub size: u64,
    /// Microseconds since 1970.
    pub time: i64,
    /// Each tenant's last number, if nothing up to it is missing and nothing came after it in the tree; `None` where a filter left events out.
    pub complete: Option<BTreeMap<String, u64>>,
    /// What was asked for, as `name value`.
    pub filter: Vec<String>,
    /// Private fields, addresses and names that are shown: of them only the sealed form is proven, or nothing.
    pub unproven: u64,
    /// What to know of the journal's epochs.
    pub notices: Vec<String>,
    /// The key that was believed because none was given.
    pub believed: Option<VerifierKey>,
}

pub struct ExportCheck {
    pinned: Vec<VerifierKey>,
    believed: Option<VerifierKey>,
    head: Option<Head>,
    /// Over all lines before the end.
    hash: Sha256,
    events: u64,
    unproven: u64,
    position: u64,
    last: BTreeMap<String, u64>,
    ended: bool,
}

struct Head {
    checkpoint: Checkpoint,
    roll: Roll,
    tenants: Vec<String>,
    filter: Map<String, Value>,
}

impl ExportCheck {
    pub fn new(pinned: Vec<VerifierKey>) -> Self {
        ExportCheck {
            pinned,
            believed: None,
            head: None,
            hash: Sha256::new(),
            events: 0,
            unproven: 0,
            position: 0,
            last: BTreeMap::new(),
            ended: false,
        }
    }

    /// Takes the next line without its line feed; says what is wrong, with the position.
    pub fn line(&mut self, line: &[u8]) -> Result<(), String> {
        if self.ended {
            return if line.is_empty() { Ok(()) } else { Err("something follows the last line".into()) };
        }
        let after = format!("after position {}: a line that is no JSON", self.position);
        let value: Value = serde_json::from_slice(line).map_err(|_| after)?;
        if let Some(end) = value.get("end") {
            self.end(&value, end)?;
            self.ended = true;
            return Ok(());
        }
        self.hash.update(line);
        self.hash.update(b"\n");
        match self.head {
            Some(_) => self.event(&value),
            None => {
                self.head = Some(self.read_head(&value)?);
                Ok(())
            }
        }
    }

    fn read_head(&mut self, head: &Value) -> Result<Head, String> {
        if head["format"] != "opensail-audit" {
            return Err("this is no export of the audit".into());
        }
        if head["version"] != VERSION {
            let other = &head["version"];
            return Err(format!(
                "an export of form {other}, of which this program cannot tell whether it is whole: export it anew, in form {VERSION}"
            ));
        }
        only(head, &HEAD).map_err(|why| format!("the first line: {why}"))?;
        let note = head["checkpoint"].as_str().ok_or("the export carries no checkpoint: nothing in it is proven")?;
        if self.pinned.is_empty() {
            let keys = head["keys"].as_array().into_iter().flatten().filter_map(Value::as_str);
            self.pinned = keys.map(str::parse).collect::<Result<_, _>>().map_err(|error| format!("{error}"))?;
            self.believed = self.pinned.last().cloned();
        }
        let checkpoint = Checkpoint::open(note, &self.pinned).map_err(|error| format!("the checkpoint: {error}"))?;
        let roll = head["epochs"].as_str().ok_or("the export carries no roll of the journal's epochs")?;
        let roll = Roll::open(roll, &self.pinned).map_err(|error| format!("the roll of epochs: {error}"))?;
        if checkpoint.first_epoch() != Some(roll.first) {
            return Err("the roll of epochs is of another journal than the checkpoint".into());
        }
        if !roll.histories().iter().any(|epoch| epoch.id == checkpoint.epoch) {
            return Err(format!("the checkpoint is of epoch {}, which nobody attests", checkpoint.epoch));
        }
        let tenants = head["tenants"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        let filter = head["filter"].as_object().ok_or("the export does not say what was asked for")?.clone();
        if head["filtered"] != !filter.is_empty() {
            return Err("the export says both that it was filtered and that it was not".into());
        }
        Ok(Head { checkpoint, roll, tenants, filter })
    }

    fn event(&mut self, item: &Value) -> Result<(), String> {
        let Some(Head { checkpoint, roll, tenants, filter }) = &self.head else { return Err("the first line is missing".into()) };
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
        match roll.find(event.epoch) {
            None => return Err(bad(&format!("of epoch {}, which nobody attests", event.epoch))),
            Some(enrolled) if event.position <= enrolled.epoch.started_after => {
                return Err(bad(&format!("of epoch {}, which began after position {}", event.epoch, enrolled.epoch.started_after)));
            }
            Some(_) => {}
        }
        let last = self.last.entry(event.tenant.clone()).or_insert(0);
        if filter.is_empty() && event.tenant_position != *last + 1 {
            return Err(bad(&format!("events {} to {} of {} are missing before it", *last + 1, event.tenant_position - 1, event.tenant)));
        }
        (*last, self.position) = (event.tenant_position, event.position);
        self.events += 1;
        self.unproven += evidence.unproven;
        Ok(())
    }

    fn end(&self, line: &Value, end: &Value) -> Result<(), String> {
        let Some(Head { checkpoint, roll, .. }) = &self.head else { return Err("the first line is missing".into()) };
        let bad = |why: String| format!("the last line: {why}");
        only(line, &["end"]).and_then(|()| only(end, &["events", "private_fields", "note"])).map_err(bad)?;
        let note = end["note"].as_str().ok_or("the export's end is not signed: events may be missing after the last one")?;
        let signed = ExportEnd::open(note, &self.pinned).map_err(|error| bad(error.to_string()))?;
        let counted = |name: &str, said: &Value, signed: u64, here: u64| match said.as_u64() == Some(signed) && signed == here {
            true => Ok(()),
            false => Err(format!("{signed} {name} were written, {here} are here, and the last line says {said}")),
        };
        counted("events", &end["events"], signed.events, self.events)?;
        counted("private fields", &end["private_fields"], signed.private, self.unproven)?;
        if (signed.first, signed.size) != (roll.first, checkpoint.size) {
            return Err(bad("it is of another export".into()));
        }
        match signed.hash == <[u8; 32]>::from(self.hash.clone().finalize()) {
            true => Ok(()),
            false => Err("a line is not as it was written, in something that the journal does not prove (what a private field shows, a name, the filter)".into()),
        }
    }

    pub fn finish(self) -> Result<Verified, String> {
        let head = self.head.ok_or("the file is empty")?;
        if !self.ended {
            return Err(format!("broken off after position {}", self.position));
        }
        let filter = head.filter.iter().map(|(name, value)| format!("{name} {}", value.as_str().unwrap_or_default())).collect();
        let later = head.roll.epochs.iter().skip(1).filter(|enrolled| enrolled.how == How::Begun);
        let begun = later.map(|enrolled| {
            let (id, after) = (enrolled.epoch.id, enrolled.epoch.started_after);
            format!("epoch {id} was begun after position {after}: a restore or a failover, and what was there after it is no part of this history")
        });
        Ok(Verified {
            events: self.events,
            size: head.checkpoint.size,
            time: head.checkpoint.time,
            complete: head.filter.is_empty().then_some(self.last),
            filter,
            unproven: self.unproven,
            notices: begun.chain(head.roll.notices()).collect(),
            believed: self.believed,
        })
    }
}
