//! Asks the key service of another process. Nothing is started, looked up or opened before the first key.

use super::ServiceAddress;
use super::grpc::{self, BodyError, CONTENT_TYPE, MAX_HEADERS, Method, Status, Wiped, framed, unframed};
use super::message::{DecryptRequest, DecryptResponse, EncryptRequest, EncryptResponse, Key};
use crate::io::reason;
use crate::keys::{Effort, KeyError, KeyKind, KeyService, MasterKey};
use crate::secret::Secret;
use http::{HeaderMap, Request, StatusCode, header};
use prost::Message;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

/// The longest secret that is believed, in bytes. Data keys have 32, shares 33.
const MAX_SECRET: usize = 256;
/// How long to wait before a socket is tried again whose server has a queue.
const QUEUE: Duration = Duration::from_millis(20);

/// The key service at an address. It is asked for every kind of key.
pub struct RemoteService {
    address: ServiceAddress,
    longest: Duration,
    /// Until when it is left alone, because it was silent.
    silent_until: Mutex<Option<Instant>>,
}

impl RemoteService {
    /// A service that has `longest` for each answer. One that gives none in this time is left alone for as
    /// long again, so that a file with many keys does not wait for each.
    #[must_use]
    pub fn new(address: ServiceAddress, longest: Duration) -> Self {
        Self { address, longest, silent_until: Mutex::default() }
    }

    fn silent_until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.silent_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `method` on a connection of its own.
    fn call<A: Message + Default>(&self, method: Method, request: Wiped) -> Result<A, KeyError> {
        let service = || self.address.to_string();
        let late = || KeyError::TimedOut { service: service(), after: self.longest };
        if self.silent_until().is_some_and(|until| Instant::now() < until) {
            return Err(late());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| KeyError::System(reason(&error)))?;
        let answer =
            runtime.block_on(async { timeout(self.longest, exchange(&self.address, method, request)).await });
        // A look-up of a name may still run; nobody waits for it.
        runtime.shutdown_background();
        let Ok(answer) = answer else {
            *self.silent_until() = Some(Instant::now() + self.longest);
            return Err(late());
        };
        let failed = |message: String| KeyError::Service { service: service(), message };
        let body = answer.map_err(|problem| match problem {
            Problem::Io(error) => KeyError::Network { service: service(), reason: reason(&error) },
            Problem::Protocol(what) => failed(what),
            Problem::Status(Status { code, message }) => match code {
                Status::PERMISSION_DENIED | Status::UNAUTHENTICATED => {
                    KeyError::Denied(format!("{}: {message}", service()))
                }
                code if message.is_empty() => failed(format!("it says no more than status {code} of gRPC")),
                _ => failed(message),
            },
        })?;
        unframed(&body).map_err(|what| failed(format!("its answer cannot be used: {what}")))
    }

    fn malformed(&self, what: &str) -> KeyError {
        KeyError::Service { service: self.address.to_string(), message: what.to_owned() }
    }
}

impl KeyService for RemoteService {
    fn handles(&self, _: KeyKind) -> bool {
        true
    }

    fn wrap(&self, key: &MasterKey, secret: &[u8]) -> Result<String, KeyError> {
        let request = EncryptRequest { key: Some(Key::from(key)), plaintext: secret.to_vec() };
        let answer: EncryptResponse = self.call(Method::Encrypt, framed(&request))?;
        let text = String::from_utf8(answer.ciphertext).ok().filter(|text| !text.is_empty());
        text.ok_or_else(|| self.malformed("the wrapped key that it gave is no text"))
    }

    fn unwrap(&self, key: &MasterKey, effort: Effort) -> Result<Secret, KeyError> {
        if effort == Effort::Quiet {
            return Err(KeyError::Postponed);
        }
        let enc = key.enc().ok_or_else(|| KeyError::Malformed("there is none".to_owned()))?;
        let request = DecryptRequest { key: Some(Key::from(key)), ciphertext: enc.as_bytes().to_vec() };
        let mut answer: DecryptResponse = self.call(Method::Decrypt, framed(&request))?;
        let secret = Secret::new(std::mem::take(&mut answer.plaintext));
        match secret.len() {
            1..=MAX_SECRET => Ok(secret),
            0 => Err(self.malformed("the unwrapped key that it gave is empty")),
            _ => Err(self.malformed("what it gave is longer than a data key")),
        }
    }
}

/// Why there is no answer.
enum Problem {
    Io(io::Error),
    Protocol(String),
    Status(Status),
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Problem::Io(error)
    }
}

impl From<h2::Error> for Problem {
    fn from(error: h2::Error) -> Self {
        if error.is_io() {
            return Problem::Io(error.into_io().unwrap_or_else(|| io::ErrorKind::BrokenPipe.into()));
        }
        Problem::Protocol("it does not answer as a key service does".to_owned())
    }
}

/// Connects, sends the framed message, and gives the body of the answer.
async fn exchange(
    address: &ServiceAddress,
    method: Method,
    message: Wiped,
) -> Result<Zeroizing<Vec<u8>>, Problem> {
    match address {
        ServiceAddress::Unix(path) => loop {
            match UnixStream::connect(path).await {
                Ok(stream) => return over(stream, "localhost", method, message).await,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => sleep(QUEUE).await,
                Err(error) => return Err(error.into()),
            }
        },
        ServiceAddress::Tcp { host, port } => {
            let stream = TcpStream::connect((host.as_str(), *port)).await?;
            stream.set_nodelay(true)?;
            let text = address.to_string();
            over(stream, text.trim_start_matches("tcp://"), method, message).await
        }
    }
}

async fn over(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    authority: &str,
    method: Method,
    message: Wiped,
) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let request = Request::post(format!("http://{authority}{}", method.path()))
        .header(header::TE, "trailers")
        .header(header::CONTENT_TYPE, CONTENT_TYPE)
        .header(header::USER_AGENT, concat!("seal/", env!("CARGO_PKG_VERSION")))
        .body(())
        .map_err(|_why| Problem::Protocol("its address cannot be asked".to_owned()))?;
    let (client, connection) = h2::client::Builder::new()
        .enable_push(false)
        .max_header_list_size(MAX_HEADERS)
        .handshake::<_, Wiped>(stream)
        .await?;
    tokio::spawn(connection);
    let (response, mut body) = client.ready().await?.send_request(request, false)?;
    body.send_data(message, true)?;
    let (head, mut body) = response.await?.into_parts();
    if head.status != StatusCode::OK || !is_grpc(&head.headers) {
        return Err(Problem::Protocol(format!(
            "it is no key service: it answers with HTTP status {}",
            head.status.as_u16()
        )));
    }
    let bytes = grpc::read(&mut body).await.map_err(|error| match error {
        BodyError::TooLarge => Problem::Protocol("its answer is larger than 64 KiB".to_owned()),
        BodyError::Broken(error) => error.into(),
    })?;
    let trailers = body.trailers().await?;
    // A status without a body stands in the headers.
    match trailers.as_ref().and_then(Status::of).or_else(|| Status::of(&head.headers)) {
        Some(Status { code: Status::OK, .. }) => Ok(bytes),
        Some(status) => Err(Problem::Status(status)),
        None => Err(Problem::Protocol("its answer has no status".to_owned())),
    }
}

/// Whether headers announce gRPC.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(CONTENT_TYPE.as_bytes()))
}
