//! One client: its requests, until it goes, is silent for too long, or the server stops.

use super::call::{self, Shared};
use crate::keyservice::grpc::{MAX_HEADERS, Wiped};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::timeout;

/// The most requests of a client at once; more are refused.
const MAX_STREAMS: u32 = 8;
/// How long a client may take to say that it speaks HTTP/2.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// How long a connection may stand without a request.
const IDLE: Duration = Duration::from_secs(60);

/// Ready when the server stops.
#[derive(Clone)]
pub(super) struct Stop(pub(super) watch::Receiver<()>);

impl Stop {
    pub(super) async fn wait(&mut self) {
        // The sender says nothing; it goes.
        let _ = self.0.changed().await;
    }
}

/// Serves one client.
pub(super) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, shared: Arc<Shared>, mut stop: Stop) {
    let handshake = h2::server::Builder::new()
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADERS)
        .handshake::<_, Wiped>(stream);
    let Ok(Ok(mut connection)) = timeout(HANDSHAKE, handshake).await else { return };
    // Each request holds one more.
    let busy = Arc::new(());
    let mut closing = false;
    loop {
        tokio::select! {
            next = timeout(IDLE, connection.accept()) => match next {
                Ok(Some(Ok((request, respond)))) => {
                    let (shared, busy) = (Arc::clone(&shared), Arc::clone(&busy));
                    tokio::spawn(async move {
                        call::answer(request, respond, shared).await;
                        drop(busy);
                    });
                }
                Ok(_) => return,
                Err(_late) if Arc::strong_count(&busy) > 1 => {}
                Err(_late) if closing => return,
                Err(_late) => {
                    closing = true;
                    connection.graceful_shutdown();
                }
            },
            () = stop.wait(), if !closing => {
                closing = true;
                connection.graceful_shutdown();
            }
        }
    }
}
