//! Services that are down, silent, slow, or something else.

use super::{Server, asking, said};
use crate::bed::Bed;
use crate::cli::{PLAIN, sealed};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A list of headers without compression.
fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.extend([0, u8::try_from(name.len()).unwrap()]);
        block.extend(name.bytes());
        // A length of 127 and more takes a second byte.
        if value.len() < 127 {
            block.push(u8::try_from(value.len()).unwrap());
        } else {
            let rest = value.len() - 127;
            block.extend([127, u8::try_from(rest % 128 + 128).unwrap(), u8::try_from(rest / 128).unwrap()]);
        }
        block.extend(value.bytes());
    }
    block
}

fn frame(kind: u8, flags: u8, stream: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = u32::try_from(content.len()).unwrap().to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags, 0, 0, 0, stream]);
    bytes.extend(content);
    bytes
}

/// A peer on a port that waits for a call and then says these pieces, with a pause behind each.
fn peer(pieces: Vec<Vec<u8>>) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("tcp://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).unwrap();
        stream.write_all(&frame(4, 0, 0, &[])).unwrap();
        loop {
            let mut head = [0; 9];
            stream.read_exact(&mut head).unwrap();
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            std::io::copy(&mut (&mut stream).take(u64::from(length)), &mut std::io::sink()).unwrap();
            if head[3] == 0 && head[4] & 1 == 1 {
                break;
            }
        }
        for piece in pieces {
            let _ = stream.write_all(&piece);
            std::thread::sleep(Duration::from_millis(30));
        }
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    (uri, thread)
}

const KIND: (&str, &str) = ("content-type", "application/grpc");

fn head(fields: &[(&str, &str)], last: bool) -> Vec<u8> {
    frame(1, if last { 5 } else { 4 }, 1, &block(fields))
}

fn body(message: &[u8]) -> Vec<u8> {
    let mut framed = vec![0];
    framed.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    framed.extend(message);
    frame(0, 0, 1, &framed)
}

#[test]
fn answers_that_are_none_are_told() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    let ok = || head(&[(":status", "200"), KIND], false);
    let end = || head(&[("grpc-status", "0")], true);
    let long = vec![b'x'; 16_000];
    let field = |length: usize| {
        let mut message =
            vec![0x0a, u8::try_from(length % 128 + 128).unwrap(), u8::try_from(length / 128).unwrap()];
        message.extend(vec![7; length]);
        message
    };
    let status = |code: &str, message: &str| {
        vec![head(&[(":status", "200"), KIND, ("grpc-status", code), ("grpc-message", message)], true)]
    };
    let cases = [
        (status("2", "no%0Akey%1B[2J here"), "failed: no key [2J here"),
        (status("7", "go away"), "access denied: tcp://127.0.0.1:"),
        (status("13", ""), "it says no more than status 13 of gRPC"),
        (vec![head(&[(":status", "404")], true)], "it is no key service: it answers with HTTP status 404"),
        (vec![head(&[(":status", "200"), ("content-type", "text/html")], true)], "it is no key service"),
        (vec![ok(), body(b""), head(&[("x", "y")], true)], "its answer has no status"),
        (vec![ok(), body(b""), end()], "the unwrapped key that it gave is empty"),
        (vec![ok(), end()], "its answer cannot be used: the message is cut"),
        (vec![ok(), frame(0, 0, 1, b"\x01\0\0\0\0"), end()], "the message is compressed"),
        (vec![ok(), body(b"\x0a\x09x"), end()], "the message is malformed"),
        (vec![ok(), body(&field(1000)), end()], "what it gave is longer than a data key"),
        (
            std::iter::once(ok()).chain((0..6).map(|_| frame(0, 0, 1, &long))).chain([end()]).collect(),
            "its answer is larger than 64 KiB",
        ),
        (vec![vec![0; 100]], "it does not answer as a key service does"),
        (vec![b"HTTP/1.1 200 OK\r\n\r\n<html>".to_vec()], "it does not answer as a key service does"),
        (vec![frame(3, 0, 1, &[0, 0, 0, 2])], "it does not answer as a key service does"),
    ];
    for (pieces, wanted) in cases {
        let (uri, thread) = peer(pieces);
        let done = asking(&bed, &[&uri], &["decrypt", "x.yaml"]).fails(128);
        assert!(said(&done).contains(wanted), "{wanted}: {done}");
        assert!(said(&done).contains(&uri) && !done.stderr.contains('\x1b'), "{done}");
        let _ = thread.join();
    }
    // A data key of another file is no data key of this one.
    let mut message = vec![0x0a, 32];
    message.extend([7; 32]);
    let (uri, thread) = peer(vec![ok(), body(&message), end()]);
    asking(&bed, &[&uri], &["decrypt", "x.yaml"]).fails(25);
    let _ = thread.join();
}

#[test]
fn a_peer_that_hangs_up_or_talks_at_once_is_told() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    let greetings: [&[u8]; 4] =
        [b"", b"220 mail.example.org ESMTP\r\n", b"\0\0\0\x04\0\0\0\0\0", &[0xff; 5000]];
    for greeting in greetings {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let uri = format!("tcp://{}", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.write_all(greeting);
        });
        let done = asking(&bed, &[&uri], &["decrypt", "x.yaml"]).fails(128);
        assert!(said(&done).contains(&uri), "{done}");
        thread.join().unwrap();
    }
}

#[test]
fn a_service_that_is_down_stops_no_other() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    let server = Server::seal_at(&bed, "a", "a.sock");
    let down = ["unix:///no/such.sock", "tcp://127.0.0.1:1"];
    for down in down {
        assert_eq!(asking(&bed, &[down, &server.uri], &["decrypt", "x.yaml"]).ok().text(), PLAIN);
    }
    bed.write("plain.yaml", PLAIN);
    asking(&bed, &[down[0], down[1], &server.uri], &["encrypt", "--age", super::A, "plain.yaml"]).ok();
    let done = asking(&bed, &down, &["decrypt", "x.yaml"]).fails(128);
    assert!(
        said(&done).contains("unix:///no/such.sock is not reachable: no such file or directory"),
        "{done}"
    );
    assert!(said(&done).contains("tcp://127.0.0.1:1 is not reachable: connection refused"), "{done}");
    // The keys of this process are told of, too.
    let done = bed.seal(&["decrypt", "--keyservice", down[0], "x.yaml"]).fails(128);
    assert!(said(&done).contains("no identity was found unix:///no/such.sock is not reachable"), "{done}");
}

#[test]
fn a_silent_service_is_waited_for_once_and_not_for_long() {
    let bed = Bed::new();
    bed.write("x.yaml", PLAIN);
    let three = format!("{},{},{}", super::A, super::B, super::B);
    bed.seal(&["encrypt", "-i", "--age", &three, "x.yaml"]).ok();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("tcp://{}", silent.local_addr().unwrap());
    let since = Instant::now();
    let args = ["run", "--timeout", "1", super::NO_LOCAL, "--keyservice", &uri, "x.yaml", "--", "true"];
    let done = bed.seal(&args).fails(75);
    assert!(said(&done).contains(&format!("{uri} gave no answer in 1 s")), "{done}");
    assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());

    let server = Server::seal_at(&bed, "b", "b.sock");
    let since = Instant::now();
    assert_eq!(asking(&bed, &[&uri, &server.uri], &["decrypt", "x.yaml"]).ok().text(), PLAIN);
    let taken = since.elapsed();
    assert!((9..15).contains(&taken.as_secs()), "{taken:?}");
}

#[test]
fn a_slow_service_is_waited_for() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    let server = Server::seal_at(&bed, "a", "a.sock");
    // A relay that passes everything on late.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("tcp://{}", listener.local_addr().unwrap());
    let socket = bed.path("a.sock");
    let thread = std::thread::spawn(move || {
        let (client, _) = listener.accept().unwrap();
        let service = std::os::unix::net::UnixStream::connect(socket).unwrap();
        let pass = |mut from: Box<dyn Read + Send>, mut to: Box<dyn Write + Send>| {
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = from.read(&mut buffer) {
                    for byte in &buffer[..count] {
                        std::thread::sleep(Duration::from_millis(2));
                        if to.write_all(&[*byte]).is_err() {
                            return;
                        }
                    }
                }
            })
        };
        let there = pass(Box::new(client.try_clone().unwrap()), Box::new(service.try_clone().unwrap()));
        let back = pass(Box::new(service.try_clone().unwrap()), Box::new(client.try_clone().unwrap()));
        there.join().unwrap();
        let _ = service.shutdown(std::net::Shutdown::Both);
        back.join().unwrap();
    });
    assert_eq!(asking(&bed, &[&uri], &["decrypt", "x.yaml"]).ok().text(), PLAIN);
    thread.join().unwrap();
    drop(server);
}
