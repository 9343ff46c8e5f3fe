//! What gRPC adds to HTTP/2: frames around messages, and a status behind them.

use h2::RecvStream;
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use prost::Message;
use std::fmt::Write as _;
use std::io::Cursor;
use zeroize::Zeroizing;

/// The largest message, in bytes. Wrapped keys have some hundreds, post-quantum ones three thousand.
pub(super) const MAX_MESSAGE: usize = 64 << 10;
/// The largest list of headers, in bytes.
pub(super) const MAX_HEADERS: u32 = 16 << 10;
/// The most characters of a message about an error.
const MAX_TEXT: usize = 300;
/// A byte that says whether the message is compressed, and four for its length.
const PREFIX: usize = 5;

pub(super) const CONTENT_TYPE: &str = "application/grpc";
pub(super) const STATUS: HeaderName = HeaderName::from_static("grpc-status");
pub(super) const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// What can be asked of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Encrypt,
    Decrypt,
}

impl Method {
    /// Its path.
    pub(super) fn path(self) -> &'static str {
        match self {
            Method::Encrypt => "/KeyService/Encrypt",
            Method::Decrypt => "/KeyService/Decrypt",
        }
    }

    /// The method of a path.
    pub(super) fn of_path(path: &str) -> Option<Self> {
        [Method::Encrypt, Method::Decrypt].into_iter().find(|method| method.path() == path)
    }
}

/// Bytes to send that are wiped when they were.
pub(super) type Wiped = Cursor<Zeroizing<Vec<u8>>>;

/// A message in its frame.
pub(super) fn framed(message: &impl Message) -> Wiped {
    let length = message.encoded_len();
    let mut bytes = Zeroizing::new(Vec::with_capacity(PREFIX + length));
    bytes.push(0);
    // What is sent is far below the limit of four bytes.
    bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    message.encode_raw(&mut *bytes);
    Cursor::new(bytes)
}

/// The one message in a body.
pub(super) fn unframed<M: Message + Default>(body: &[u8]) -> Result<M, &'static str> {
    let (prefix, message) = body.split_at_checked(PREFIX).ok_or("the message is cut")?;
    let [compressed, length @ ..] = prefix else { return Err("the message is cut") };
    let length = length.iter().fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte));
    match (compressed, length == message.len()) {
        (0, true) => M::decode(message).map_err(|_why| "the message is malformed"),
        (0, false) => Err("the message is cut or not the only one"),
        _ => Err("the message is compressed"),
    }
}

/// Why a body was not read.
pub(super) enum BodyError {
    TooLarge,
    Broken(h2::Error),
}

/// Reads a body with a message of at most [`MAX_MESSAGE`] bytes.
pub(super) async fn read(body: &mut RecvStream) -> Result<Zeroizing<Vec<u8>>, BodyError> {
    // All of it at once: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(PREFIX + MAX_MESSAGE));
    while let Some(part) = body.data().await {
        let part = part.map_err(BodyError::Broken)?;
        if bytes.len() + part.len() > PREFIX + MAX_MESSAGE {
            return Err(BodyError::TooLarge);
        }
        bytes.extend_from_slice(&part);
        body.flow_control().release_capacity(part.len()).map_err(BodyError::Broken)?;
    }
    Ok(bytes)
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Status {
    /// gRPC's number; 0 is success.
    pub(super) code: u32,
    /// What went wrong, for people.
    pub(super) message: String,
}

impl Status {
    pub(super) const OK: u32 = 0;
    pub(super) const UNKNOWN: u32 = 2;
    pub(super) const INVALID_ARGUMENT: u32 = 3;
    pub(super) const DEADLINE_EXCEEDED: u32 = 4;
    pub(super) const PERMISSION_DENIED: u32 = 7;
    pub(super) const RESOURCE_EXHAUSTED: u32 = 8;
    pub(super) const UNIMPLEMENTED: u32 = 12;
    pub(super) const INTERNAL: u32 = 13;
    pub(super) const UNAUTHENTICATED: u32 = 16;

    pub(super) fn new(code: u32, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The status in headers or trailers, if there is one. Its message is for a terminal: short, on one
    /// line, without control characters.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let code = headers.get(STATUS)?.to_str().ok()?.parse().ok()?;
        let message = headers.get(MESSAGE).map_or(String::new(), |text| printable(&decoded(text.as_bytes())));
        Some(Self { code, message })
    }

    /// Adds the status to headers or trailers.
    pub(super) fn put(&self, headers: &mut HeaderMap) {
        headers.insert(STATUS, HeaderValue::from(self.code));
        if self.code != Self::OK
            && let Ok(message) = HeaderValue::from_str(&encoded(&printable(&self.message)))
        {
            headers.insert(MESSAGE, message);
        }
    }
}

/// A text in the percent-encoding of `grpc-message`.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => out.push(char::from(byte)),
            // Writing to a string cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

/// The text of a `grpc-message`; what is no encoding stays as it is.
fn decoded(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = &tail[2..];
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// One line of at most [`MAX_TEXT`] characters without control characters.
fn printable(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_TEXT, Status, decoded, encoded, framed, unframed};
    use crate::keyservice::message::DecryptResponse;
    use http::HeaderMap;
    use proptest::prelude::*;

    #[test]
    fn frames_hold_one_message() {
        let response = DecryptResponse { plaintext: vec![1, 2, 3] };
        let frame = framed(&response).into_inner();
        assert_eq!(frame.as_slice(), b"\0\0\0\0\x05\x0a\x03\x01\x02\x03");
        assert_eq!(unframed(&frame), Ok(response));
        assert_eq!(unframed(b"\0\0\0\0\0"), Ok(DecryptResponse::default()));
        for (body, why) in [
            (&b""[..], "the message is cut"),
            (b"\0\0\0\0", "the message is cut"),
            (b"\0\0\0\0\x01", "the message is cut or not the only one"),
            (b"\0\xff\xff\xff\xff", "the message is cut or not the only one"),
            (b"\0\0\0\0\0\0\0\0\0\0", "the message is cut or not the only one"),
            (b"\x01\0\0\0\0", "the message is compressed"),
            (b"\0\0\0\0\x02\x0a\x09", "the message is malformed"),
        ] {
            assert_eq!(unframed::<DecryptResponse>(body), Err(why), "{body:?}");
        }
    }

    #[test]
    fn messages_of_others_cannot_steer_a_terminal() {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-status", "2".parse().unwrap());
        headers.insert("grpc-message", "no%0Akey%1B[2J %zz%".parse().unwrap());
        assert_eq!(Status::of(&headers), Some(Status::new(2, "no key [2J %zz%")));
        headers.insert("grpc-message", "x".repeat(9000).parse().unwrap());
        assert_eq!(Status::of(&headers).unwrap().message.chars().count(), MAX_TEXT + 1);
        headers.insert("grpc-status", "two".parse().unwrap());
        assert_eq!(Status::of(&headers), None);
        assert_eq!(Status::of(&HeaderMap::new()), None);
    }

    proptest! {
        #[test]
        fn texts_survive_their_encoding(text in ".*") {
            prop_assert_eq!(decoded(encoded(&text).as_bytes()), text);
        }

        #[test]
        fn a_status_survives_headers(code in 1..17_u32, message in "[a-zäöü%]{0,40}") {
            let mut headers = HeaderMap::new();
            let status = Status::new(code, message);
            status.put(&mut headers);
            prop_assert_eq!(Status::of(&headers), Some(status));
        }

        #[test]
        fn no_body_is_too_strange(body in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = unframed::<DecryptResponse>(&body);
        }
    }
}
