use std::os::unix::ffi::OsStrExt;

use opensail_proto::fault::fault_of;
use opensail_proto::fileops::MAX_MESSAGE_BYTES;
use opensail_proto::fileops::v1 as wire;
use opensail_proto::fileops::v1::file_ops_client::FileOpsClient;
use opensail_proto::fileops::v1::file_ops_server::{FileOps, FileOpsServer};
use tonic::Request;

use super::*;

fn root_of(world: &World) -> bytes::Bytes {
    bytes::Bytes::copy_from_slice(world.base().join("project").as_os_str().as_bytes())
}

#[tokio::test]
async fn the_service_answers_as_the_operations_do() {
    let world = world();
    let (service, root) = (FileOpsService::new(), root_of(&world));
    let apply = wire::ApplyChangeRequest { root: root.clone(), path: "a.txt".into(), after: Some("hello".into()), ..Default::default() };
    let outcome = |answer: tonic::Response<wire::ApplyChangeResponse>| answer.into_inner().outcome();
    assert_eq!(outcome(service.apply_change(Request::new(apply.clone())).await.expect("applied")), wire::Outcome::Done);
    assert_eq!(outcome(service.apply_change(Request::new(apply)).await.expect("applied")), wire::Outcome::Already);
    let read = wire::ReadFileRequest { root: root.clone(), path: "a.txt".into() };
    let file = service.read_file(Request::new(read)).await.expect("read").into_inner().file.expect("there");
    assert_eq!((&file.content[..], file.hash), (&b"hello"[..], hash(b"hello")));
    let tree = wire::ListTreeRequest { root: root.clone(), depth: 1, limit: 9, ..Default::default() };
    let entries = service.list_tree(Request::new(tree)).await.expect("tree").into_inner().entries;
    assert_eq!((entries[0].path.as_str(), entries[0].kind()), ("a.txt", wire::EntryKind::File));
    let grep = wire::GrepRequest { root, pattern: "ell".into(), limit: 9, ..Default::default() };
    assert_eq!(service.grep(Request::new(grep)).await.expect("grep").into_inner().lines[0].text, "hello");
}

#[tokio::test]
async fn a_refusal_carries_its_kind() {
    let world = world();
    let read = wire::ReadFileRequest { root: root_of(&world), path: "../x".into() };
    let status = FileOpsService::new().read_file(Request::new(read)).await.expect_err("refused");
    let fault = fault_of(&status).expect("a fault");
    assert_eq!((fault.kind(), fault.path.as_str()), (wire::FaultKind::Forbidden, "../x"));
    let gone = wire::ReadFileRequest { root: "/no/such/root".into(), path: "x".into() };
    let status = FileOpsService::new().read_file(Request::new(gone)).await.expect_err("refused");
    assert_eq!(fault_of(&status).expect("a fault").kind(), wire::FaultKind::NotFound);
}

/// Every byte goes through gRPC's encoding, only the socket is missing.
#[tokio::test]
async fn it_is_the_same_over_the_wire() {
    let world = world();
    let server = FileOpsServer::new(FileOpsService::new()).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let mut client = FileOpsClient::new(server).max_decoding_message_size(MAX_MESSAGE_BYTES);

    let big = bytes::Bytes::from(vec![7; usize::try_from(MAX_FILE_BYTES).expect("small")]);
    let apply = wire::ApplyChangeRequest { root: root_of(&world), path: "big".into(), after: Some(big.clone()), ..Default::default() };
    assert_eq!(client.apply_change(apply).await.expect("applied").into_inner().outcome(), wire::Outcome::Done);
    let read = wire::ReadFileRequest { root: root_of(&world), path: "big".into() };
    let file = client.read_file(read).await.expect("read").into_inner().file.expect("there");
    assert!(file.content == big);

    let odd = "../a\nb ü";
    let read = wire::ReadFileRequest { root: root_of(&world), path: odd.into() };
    let status = client.read_file(read).await.expect_err("refused");
    let fault = fault_of(&status).expect("a fault");
    assert_eq!((fault.kind(), fault.path), (wire::FaultKind::Forbidden, odd.escape_debug().to_string()));
}
