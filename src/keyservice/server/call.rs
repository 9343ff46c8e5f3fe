//! One request: read, admitted, worked on, answered.

use super::Gate;
use crate::doc::Data;
use crate::keys::{Effort, KeyError, MasterKey, Services};
use crate::keyservice::client::is_grpc;
use crate::keyservice::grpc::{self, BodyError, CONTENT_TYPE, Method, Status, Wiped, framed, unframed};
use crate::keyservice::message::{DecryptRequest, DecryptResponse, EncryptRequest, EncryptResponse, Key};
use crate::secret::Secret;
use h2::RecvStream;
use h2::server::SendResponse;
use http::{HeaderMap, Request, Response, StatusCode, header};
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};
use tokio::time::timeout;

/// How long a client may take to send its message.
const BODY: Duration = Duration::from_secs(5);
/// The longest secret that is wrapped, in bytes. Data keys have 32, shares 33.
const MAX_SECRET: usize = 256;

/// What a client wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// A data key wrapped for a recipient.
    Wrap,
    /// A data key unwrapped.
    Unwrap,
}

/// A request, without its secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// What is to be done.
    pub verb: Verb,
    /// With which key.
    pub key: MasterKey,
}

/// What all requests share.
pub(super) struct Shared {
    services: Services,
    gate: Arc<dyn Gate>,
    /// Threads; what waits for one waits here, and goes with its client.
    workers: Arc<Semaphore>,
    /// Whoever has it may ask the person.
    turn: Arc<Mutex<()>>,
}

/// A request that was read.
struct Call {
    asked: Asked,
    /// What is to be wrapped.
    secret: Secret,
}

impl Shared {
    pub(super) fn new(services: Services, gate: Arc<dyn Gate>) -> Self {
        let workers = Arc::new(Semaphore::new(super::MAX_WORKERS));
        Self { services, gate, workers, turn: Arc::default() }
    }

    /// Works on a call: first with what is at hand, beside other calls; where that is not enough, or a
    /// person has to agree, one by one.
    async fn work(self: &Arc<Self>, call: &Arc<Call>) -> Result<Wiped, Status> {
        if !self.gate.asks()
            && let Some(result) = self.on_thread(call, None).await?
        {
            return result;
        }
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let result = self.on_thread(call, Some(turn)).await?;
        result.unwrap_or_else(|| Err(Status::new(Status::INTERNAL, "the work came to no end")))
    }

    /// Works on a thread of its own, which keeps its place and the turn even if the client leaves.
    async fn on_thread(
        self: &Arc<Self>,
        call: &Arc<Call>,
        turn: Option<OwnedMutexGuard<()>>,
    ) -> Result<Option<Result<Wiped, Status>>, Status> {
        let failed = || Status::new(Status::INTERNAL, "the server has no thread for the request");
        let place = Arc::clone(&self.workers).acquire_owned().await.map_err(|_closed| failed())?;
        let (shared, call) = (Arc::clone(self), Arc::clone(call));
        let work = move || {
            let effort = if turn.is_some() { Effort::Full } else { Effort::Quiet };
            let result = shared.perform(&call, effort);
            drop((place, turn));
            result
        };
        tokio::task::spawn_blocking(work).await.map_err(|_cancelled| failed())
    }

    /// Does the work; nothing comes of it if that takes more effort.
    fn perform(&self, call: &Call, effort: Effort) -> Option<Result<Wiped, Status>> {
        let Asked { verb, key } = &call.asked;
        if self.gate.asks() && !self.gate.admits(&call.asked) {
            return Some(Err(Status::new(Status::PERMISSION_DENIED, "the request was refused")));
        }
        let result = match verb {
            Verb::Wrap => self
                .services
                .wrap(key, &call.secret)
                .map(|text| framed(&EncryptResponse { ciphertext: text.into_bytes() })),
            Verb::Unwrap => self
                .services
                .unwrap(key, effort)
                .map(|secret| framed(&DecryptResponse { plaintext: secret.to_vec() })),
        };
        match result {
            Err(KeyError::Postponed) if effort == Effort::Quiet => None,
            result => Some(result.map_err(|error| status(&error))),
        }
    }
}

/// What a client hears of an error.
fn status(error: &KeyError) -> Status {
    let code = match error {
        KeyError::NotSupported(_) => Status::UNIMPLEMENTED,
        KeyError::Recipient(_) | KeyError::Malformed(_) => Status::INVALID_ARGUMENT,
        _ => Status::UNKNOWN,
    };
    Status::new(code, error.to_string())
}

/// Answers a request. Whatever goes wrong with the client is the client's loss.
pub(super) async fn answer(
    request: Request<RecvStream>,
    mut respond: SendResponse<Wiped>,
    shared: Arc<Shared>,
) {
    let (head, mut body) = request.into_parts();
    if head.method != http::Method::POST || !is_grpc(&head.headers) {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let _ = respond.send_response(response, true);
        return;
    }
    let call = match timeout(BODY, read(head.uri.path(), &mut body)).await {
        Ok(call) => call,
        Err(_late) => Err(Status::new(Status::DEADLINE_EXCEEDED, "the message did not come in time")),
    };
    let result = match call {
        Ok(call) => {
            let call = Arc::new(call);
            let result = tokio::select! {
                result = shared.work(&call) => result,
                // The client is gone.
                _ = poll_fn(|context| respond.poll_reset(context)) => return,
            };
            let failure = result.as_ref().err().map(|status| status.message.as_str());
            shared.gate.done(&call.asked, failure);
            result
        }
        Err(status) => Err(status),
    };
    let _ = send(&mut respond, result);
}

/// Reads the message of a method.
async fn read(path: &str, body: &mut RecvStream) -> Result<Call, Status> {
    let invalid = |what: &str| Status::new(Status::INVALID_ARGUMENT, what);
    let method = Method::of_path(path)
        .ok_or_else(|| Status::new(Status::UNIMPLEMENTED, "the key service has no such method"))?;
    let bytes = grpc::read(body).await.map_err(|error| match error {
        BodyError::TooLarge => Status::new(Status::RESOURCE_EXHAUSTED, "the message is larger than 64 KiB"),
        BodyError::Broken(_) => invalid("the message is cut"),
    })?;
    let key = |key: Option<Key>| {
        let kind = key.and_then(|key| key.kind);
        kind.map(MasterKey::from).ok_or_else(|| invalid("the message names no key of a known kind"))
    };
    match method {
        Method::Encrypt => {
            let mut message: EncryptRequest = unframed(&bytes).map_err(invalid)?;
            let secret = Secret::new(std::mem::take(&mut message.plaintext));
            if secret.is_empty() || secret.len() > MAX_SECRET {
                return Err(invalid("what is to be wrapped is no data key"));
            }
            Ok(Call { asked: Asked { verb: Verb::Wrap, key: key(message.key.take())? }, secret })
        }
        Method::Decrypt => {
            let message: DecryptRequest = unframed(&bytes).map_err(invalid)?;
            let enc = String::from_utf8(message.ciphertext).ok();
            let enc = enc.ok_or_else(|| invalid("the wrapped key is no text"))?;
            let mut key = key(message.key)?;
            key.set("enc", Data::str(enc));
            Ok(Call { asked: Asked { verb: Verb::Unwrap, key }, secret: Secret::new(Vec::new()) })
        }
    }
}

fn send(respond: &mut SendResponse<Wiped>, result: Result<Wiped, Status>) -> Result<(), h2::Error> {
    let mut response = Response::new(());
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(CONTENT_TYPE));
    match result {
        Ok(message) => {
            let mut body = respond.send_response(response, false)?;
            body.send_data(message, false)?;
            let mut trailers = HeaderMap::new();
            Status::new(Status::OK, "").put(&mut trailers);
            body.send_trailers(trailers)
        }
        Err(status) => {
            status.put(response.headers_mut());
            respond.send_response(response, true).map(drop)
        }
    }
}
