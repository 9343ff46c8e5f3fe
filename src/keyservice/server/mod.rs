//! Serves the keys of this process to others.
//!
//! Nothing that a client does ends the server or holds up other clients for long: connections, requests,
//! sizes and times have bounds. What needs a person (a passphrase, a touch, a yes) is done one by one.

mod call;
mod connection;
mod listener;

pub use call::{Asked, Verb};
pub use listener::{BindError, Endpoint, Listener};

use crate::keys::Services;
use call::Shared;
use connection::Stop;
use listener::SocketName;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

/// The most connections; more wait in the queue of the system.
const MAX_CONNECTIONS: usize = 128;
/// The most requests that are worked on at once; more wait.
const MAX_WORKERS: usize = 16;
/// How long those that are served may take to come to an end once the server stops.
const GRACE: Duration = Duration::from_secs(2);
/// How long to wait after the system had nothing left for a connection.
const EXHAUSTED: Duration = Duration::from_millis(50);

/// What the program around the server has to do with requests. Called from several threads.
pub trait Gate: Send + Sync {
    /// Whether [`Self::admits`] asks a person, so that requests come one by one.
    fn asks(&self) -> bool;

    /// Whether a request may be worked on.
    fn admits(&self, asked: &Asked) -> bool;

    /// Hears what came of a request: nothing, or why it failed.
    fn done(&self, asked: &Asked, failure: Option<&str>);
}

/// A server at work on a thread of its own.
pub struct Server {
    thread: JoinHandle<()>,
    /// The server stops when it goes.
    running: watch::Sender<()>,
    /// The name of the socket, if it is one.
    name: Option<SocketName>,
}

impl Server {
    /// Starts to serve.
    ///
    /// # Errors
    /// The system gives no threads or events.
    pub fn start(listener: Listener, services: Services, gate: Arc<dyn Gate>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(MAX_WORKERS)
            .build()?;
        let _inside = runtime.enter();
        let shared = Arc::new(Shared::new(services, gate));
        let (running, stop) = watch::channel(());
        let stop = Stop(stop);
        let (thread, name) = match listener {
            Listener::Tcp(listener) => {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                (run(runtime, accept_all(listener, shared, stop))?, None)
            }
            Listener::Unix(listener, name) => {
                let listener = tokio::net::UnixListener::from_std(listener)?;
                (run(runtime, accept_all(listener, shared, stop))?, Some(name))
            }
        };
        Ok(Self { thread, running, name })
    }

    /// Stops: no client is accepted any more, and what is being served may come to its end, for two seconds
    /// at most.
    pub fn stop(self) {
        drop(self.name);
        drop(self.running);
        // It does not panic.
        let _ = self.thread.join();
    }
}

fn run(runtime: Runtime, work: impl Future<Output = ()> + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("keyservice".to_owned()).spawn(move || {
        runtime.block_on(work);
        // A worker may wait for a person who is gone.
        runtime.shutdown_background();
    })
}

async fn accept_all(listener: impl listener::Accept, shared: Arc<Shared>, mut stop: Stop) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let stopped = stop.clone();
    let endless = async {
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match listener.next().await {
                Ok(stream) => {
                    let (shared, stop) = (Arc::clone(&shared), stopped.clone());
                    tokio::spawn(async move {
                        connection::serve(stream, shared, stop).await;
                        drop(place);
                    });
                }
                Err(_) => sleep(EXHAUSTED).await,
            }
        }
    };
    tokio::select! {
        () = endless => {}
        () = stop.wait() => {}
    }
    drop(listener);
    let all = u32::try_from(MAX_CONNECTIONS).unwrap_or(u32::MAX);
    // Whoever takes longer is cut off.
    let _ = timeout(GRACE, places.acquire_many(all)).await;
}
