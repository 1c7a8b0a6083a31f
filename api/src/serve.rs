//! Connections: accepted, read with patience that has an end, and finished when the server stops.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::linger::lingering;
use crate::router::{Api, operations, router};
use crate::set_back::end_streams;

/// A client has this long for the head of a request, from the first byte awaited: also how long an idle connection is kept.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause after a failure to accept that lies with this machine (no file descriptors left).
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// What a process answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Offer {
    Everything,
    /// Whether it is alive and ready, and its numbers: of a process that only works.
    Operations,
}

/// Answers on a listener until `shutdown` is done; then live streams end and requests under way are finished.
pub async fn serve(
    listener: TcpListener,
    api: Api,
    offer: Offer,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let service = match offer {
        Offer::Everything => router(api.clone()),
        Offer::Operations => operations(api.clone()),
    };
    // Ends with the listener.
    let mut watching = JoinSet::new();
    watching.spawn(end_streams(api.clone()));
    let (stop, stops) = watch::channel(false);
    // Every connection holds one end until it is finished or has become a WebSocket, which ends with the live streams.
    let (open, mut all_ended) = mpsc::channel::<()>(1);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, client) = tokio::select! {
            accepted = accept(&listener) => accepted,
            () = &mut shutdown => break,
        };
        let requests = service.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(client));
            lingering(request)
        });
        let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(requests)).with_upgrades();
        let (mut stops, open) = (stops.clone(), open.clone());
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = told(&mut stops) => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended in the middle");
            }
            drop(open);
        });
    }
    drop(listener);
    api.close_streams();
    stop.send_replace(true);
    drop(open);
    all_ended.recv().await;
    Ok(())
}

/// Until the server stops.
async fn told(stops: &mut watch::Receiver<bool>) {
    let _ = stops.wait_for(|stops| *stops).await;
}

/// The next connection; what fails meanwhile is told and tried again.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    loop {
        match listener.accept().await {
            Ok((stream, client)) => {
                // Events are small and must not wait to be gathered.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection keeps its delay");
                }
                return (stream, client);
            }
            // The client went away before it was served.
            Err(error) if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
