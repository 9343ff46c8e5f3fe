//! Clients that are many, slow, silent or mad.

use super::{Server, asking};
use crate::bed::Bed;
use crate::cli::{PLAIN, sealed};
use crate::generate::Random;
use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// What every client of HTTP/2 says first, and its settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// The header of a frame.
fn frame(length: usize, kind: u8, flags: u8, stream: u32) -> Vec<u8> {
    let mut bytes = u32::try_from(length).unwrap().to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes
}

/// The headers of a call, without compression.
fn headers(path: &str, stream: u32) -> Vec<u8> {
    let mut block = Vec::new();
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    for (name, value) in fields {
        block.extend([0, u8::try_from(name.len()).unwrap()]);
        block.extend(name.bytes());
        block.push(u8::try_from(value.len()).unwrap());
        block.extend(value.bytes());
    }
    let mut bytes = frame(block.len(), 1, 4, stream);
    bytes.extend(block);
    bytes
}

fn data(content: &[u8], stream: u32, last: bool) -> Vec<u8> {
    let mut bytes = frame(content.len(), 0, u8::from(last), stream);
    bytes.extend(content);
    bytes
}

/// Sends `bytes` and reads what comes within two seconds.
fn say(path: &Path, bytes: &[u8]) -> Vec<u8> {
    let mut stream = UnixStream::connect(path).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    // The server may hang up in the middle.
    let _ = stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

fn has(answer: &[u8], text: &str) -> bool {
    answer.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn fifty_clients_are_served_at_once() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    let server = Server::seal_at(&bed, "a", "a.sock");
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| {
                assert_eq!(asking(&bed, &[&server.uri], &["decrypt", "x.yaml"]).ok().text(), PLAIN);
            });
        }
    });
}

#[test]
fn random_bytes_end_neither_server_nor_service() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    let mut server = Server::seal_at(&bed, "a", "a.sock");
    let path = bed.path("a.sock");
    for index in 0..300 {
        let mut random = Random::new(20_261_126, index);
        let mut bytes: Vec<u8> = Vec::new();
        if random.chance(80) {
            bytes.extend(PREFACE);
        }
        if random.chance(60) {
            bytes.extend(headers(["/KeyService/Decrypt", "/KeyService/Encrypt"][random.below(2)], 1));
            let length = random.below(60);
            let mut message = vec![0, 0, 0, 0, u8::try_from(length).unwrap()];
            message.extend((0..length).map(|_| random.next().to_le_bytes()[0]));
            bytes.extend(data(&message, 1, random.chance(80)));
        }
        let tail = random.below(200);
        bytes.extend((0..tail).map(|_| random.next().to_le_bytes()[0]));
        // Bits that fall over.
        for _ in 0..random.below(3) {
            let at = random.below(bytes.len().max(1));
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        let mut stream = UnixStream::connect(&path).unwrap();
        let _ = stream.write_all(&bytes);
        assert!(server.child.try_wait().unwrap().is_none(), "case {index} ended the server");
    }
    assert_eq!(asking(&bed, &[&server.uri], &["decrypt", "x.yaml"]).ok().text(), PLAIN);
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn wrong_calls_get_a_status() {
    let bed = Bed::new();
    let mut server = Server::seal_at(&bed, "a", "a.sock");
    let path = bed.path("a.sock");
    let call = |method: &str, body: &[u8]| {
        let mut bytes = PREFACE.to_vec();
        bytes.extend(headers(method, 1));
        bytes.extend(data(body, 1, true));
        say(&path, &bytes)
    };
    // Texts are short enough that their headers come unpacked or packed by Huffman's code: the client of
    // seal reads them below. Here it is enough that an answer comes, and that it ends the stream.
    for (method, body) in [
        ("/KeyService/Nothing", &b"\0\0\0\0\0"[..]),
        ("/KeyService/Decrypt", b""),
        ("/KeyService/Decrypt", b"\0\0\0\0\0"),
        ("/KeyService/Decrypt", b"\x01\0\0\0\0"),
        ("/KeyService/Encrypt", b"\0\0\0\0\x02\x12\0"),
        ("/KeyService/Encrypt", b"\0\xff\xff\xff\xff"),
    ] {
        let answer = call(method, body);
        let ended = answer.windows(9).any(|window| window[3] == 1 && window[4] & 1 == 1 && window[8] == 1);
        assert!(ended, "{method} {body:?}: {answer:?}");
        assert!(!has(&answer, "AGE-SECRET"));
    }
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn silent_and_slow_clients_keep_nobody_waiting() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    let server = Server::seal_at(&bed, "a", "a.sock");
    let path = bed.path("a.sock");
    let mut held = Vec::new();
    for index in 0..100 {
        let mut stream = UnixStream::connect(&path).unwrap();
        let started = match index % 4 {
            0 => Vec::new(),
            1 => PREFACE[..10].to_vec(),
            2 => PREFACE.to_vec(),
            _ => [PREFACE, &headers("/KeyService/Decrypt", 1), &data(b"\0\0", 1, false)].concat(),
        };
        stream.write_all(&started).unwrap();
        held.push(stream);
    }
    let since = Instant::now();
    assert_eq!(asking(&bed, &[&server.uri], &["decrypt", "x.yaml"]).ok().text(), PLAIN);
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    // Who does not even say that it speaks HTTP/2 is hung up on.
    let mut silent = held.swap_remove(0);
    silent.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut rest = Vec::new();
    let _ = silent.read_to_end(&mut rest);
    // More clients than the server has places for wait until others leave.
    held.extend((0..60).map(|_| UnixStream::connect(&path).unwrap()));
    drop(held);
    assert_eq!(asking(&bed, &[&server.uri], &["decrypt", "x.yaml"]).ok().text(), PLAIN);
}

#[test]
fn a_client_that_floods_is_cut_off() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    let mut server = Server::seal_at(&bed, "a", "a.sock");
    let path = bed.path("a.sock");
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.write_all(PREFACE).unwrap();
    // Streams that are opened and reset at once.
    for number in 0..5000 {
        let mut bytes = headers("/KeyService/Decrypt", 2 * number + 1);
        bytes.extend(frame(4, 3, 0, 2 * number + 1));
        bytes.extend([0, 0, 0, 8]);
        if stream.write_all(&bytes).is_err() {
            break;
        }
    }
    assert_eq!(asking(&bed, &[&server.uri], &["decrypt", "x.yaml"]).ok().text(), PLAIN);
    let peak = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let peak = peak.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kilobytes < 64 << 10, "{kilobytes} kB");
    assert_eq!(server.end().0, Some(0));
}
