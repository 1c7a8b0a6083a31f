//! Faults of the file service as gRPC statuses, and back, without losing what a caller must tell apart.

use prost::Message;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};

use crate::fileops::v1::{Fault, FaultKind};

/// Metadata entry of a status that holds the encoded [`Fault`].
const KEY: &str = "opensail-fault-bin";

/// Longest explanation that is sent, in bytes: a status travels in HTTP/2 headers, which are bounded.
const MAX_WHY_BYTES: usize = 1024;

impl From<Fault> for Status {
    fn from(mut fault: Fault) -> Self {
        let end = (0..=fault.why.len().min(MAX_WHY_BYTES)).rev().find(|&at| fault.why.is_char_boundary(at));
        fault.why.truncate(end.unwrap_or(0));
        let code = match fault.kind() {
            FaultKind::NotFound => Code::NotFound,
            FaultKind::Forbidden => Code::PermissionDenied,
            FaultKind::Invalid => Code::InvalidArgument,
            FaultKind::TooLarge => Code::OutOfRange,
            FaultKind::Full => Code::ResourceExhausted,
            FaultKind::Failed | FaultKind::Unspecified => Code::Internal,
        };
        let mut metadata = MetadataMap::new();
        metadata.insert_bin(KEY, MetadataValue::from_bytes(&fault.encode_to_vec()));
        Status::with_metadata(code, fault.why, metadata)
    }
}

/// The fault that a status carries; `None` when it came from elsewhere (the transport, a proxy).
pub fn fault_of(status: &Status) -> Option<Fault> {
    let bytes = status.metadata().get_bin(KEY)?.to_bytes().ok()?;
    Fault::decode(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_survives_the_status() {
        let fault = Fault { kind: FaultKind::TooLarge.into(), path: "a\nb ü".into(), why: "big".into(), size: 9, limit: 3 };
        let status = Status::from(fault.clone());
        assert_eq!(status.code(), Code::OutOfRange);
        assert_eq!(fault_of(&status), Some(fault));
    }

    #[test]
    fn a_long_explanation_is_cut_at_a_character() {
        let fault = Fault { kind: FaultKind::Failed.into(), why: "ü".repeat(MAX_WHY_BYTES), ..Fault::default() };
        let sent = fault_of(&Status::from(fault)).expect("the fault is in the status");
        assert_eq!(sent.why, "ü".repeat(MAX_WHY_BYTES / 2));
    }

    #[test]
    fn a_foreign_status_has_no_fault() {
        assert_eq!(fault_of(&Status::unavailable("gone")), None);
    }
}
