//! Where the server listens, and how it ends.

use super::{Server, asking, free_port, said};
use crate::bed::Bed;
use crate::cli::{PLAIN, sealed};
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::{Duration, Instant};

#[test]
fn a_socket_is_its_owners_and_goes_with_the_server() {
    let bed = Bed::new();
    let path = bed.path("a.sock");
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut server = Server::seal_at(&bed, "a", "a.sock");
        let metadata = fs::symlink_metadata(&path).unwrap();
        assert!(metadata.file_type().is_socket());
        assert_eq!(metadata.permissions().mode() & 0o7777, 0o600);
        server.signal(signal);
        assert_eq!(server.end_itself(), Some(0));
        assert!(!path.exists());
    }
}

#[test]
fn a_stale_socket_is_replaced_and_nothing_else() {
    let bed = Bed::new();
    let path = bed.path("a.sock");
    let args = ["keyservice", "--network", "unix", "--address", "a.sock"];
    drop(UnixListener::bind(&path).unwrap());
    let mut server = Server::seal_at(&bed, "a", "a.sock");
    let done = bed.seal(&args).fails(1);
    assert!(said(&done).contains("another program listens there"), "{done}");

    // A kill leaves a socket; whatever is put in its place later stays.
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let mut server = Server::seal_at(&bed, "a", "a.sock");
    fs::remove_file(&path).unwrap();
    fs::write(&path, "mine").unwrap();
    assert_eq!(server.end().0, Some(0));
    assert_eq!(bed.text("a.sock"), "mine");
    let done = bed.seal(&args).fails(1);
    assert!(said(&done).contains("there is something else of this name"), "{done}");

    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("elsewhere", &path).unwrap();
    let done = bed.seal(&args).fails(1);
    assert!(said(&done).contains("there is something else of this name"), "{done}");
    let done = bed.seal(&["keyservice", "--network", "unix", "--address", "no/such/folder.sock"]).fails(1);
    assert!(said(&done).contains("no such file or directory"), "{done}");
    bed.seal(&["keyservice", "--network", "unix"]).fails(1);
}

#[test]
fn two_servers_never_share_a_stale_socket() {
    let bed = Bed::new();
    let path = bed.path("a.sock");
    for _ in 0..10 {
        drop(UnixListener::bind(&path).unwrap());
        let start = || {
            let args = ["keyservice", "--network", "unix", "--address", "a.sock"];
            let mut command = bed.seal(&args).command();
            command.stderr(std::process::Stdio::null()).spawn().unwrap()
        };
        let mut both = [start(), start()];
        let until = Instant::now() + Duration::from_secs(20);
        while both.iter_mut().all(|child| child.try_wait().unwrap().is_none()) {
            assert!(Instant::now() < until, "both listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        // The one that stays is the one that is reached.
        std::thread::sleep(Duration::from_millis(100));
        let alive: Vec<bool> = both.iter_mut().map(|child| child.try_wait().unwrap().is_none()).collect();
        assert_eq!(alive.iter().filter(|alive| **alive).count(), 1, "{alive:?}");
        UnixStream::connect(&path).unwrap();
        both.iter_mut().for_each(|child| {
            let _ = child.kill();
            child.wait().unwrap();
        });
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn only_this_machine_is_served_unless_allowed() {
    let bed = Bed::new();
    for address in ["0.0.0.0:0", "[::]:0"] {
        let done = bed.seal(&["keyservice", "--address", address]).fails(1);
        assert!(said(&done).contains("can be reached from other machines"), "{done}");
        assert!(said(&done).contains("--allow-network"), "{done}");
    }
    let mut server = Server::seal(&bed, "a", &["--address", "0.0.0.0:0", "--allow-network"]);
    assert_eq!(server.end().0, Some(0));
    for address in ["nonsense", "127.0.0.1", "127.0.0.1:x", "/run/keys.sock"] {
        bed.seal(&["keyservice", "--address", address]).fails(1);
    }
    let port = free_port();
    let _taken = std::net::TcpListener::bind(&port).unwrap();
    let done = bed.seal(&["keyservice", "--addr", &port]).fails(1);
    assert!(said(&done).contains("another program listens there"), "{done}");
}

#[test]
fn a_signal_ends_it_while_clients_are_there() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    let mut server = Server::seal_at(&bed, "a", "a.sock");
    let path = bed.path("a.sock");
    let silent: Vec<UnixStream> = (0..20).map(|_| UnixStream::connect(&path).unwrap()).collect();
    assert_eq!(asking(&bed, &[&server.uri], &["decrypt", "x.yaml"]).ok().text(), PLAIN);
    let since = Instant::now();
    assert_eq!(server.end().0, Some(0));
    assert!(since.elapsed() < Duration::from_secs(10));
    drop(silent);
    let done = asking(&bed, &[&server.uri], &["decrypt", "x.yaml"]).fails(128);
    assert!(said(&done).contains("a.sock is not reachable: no such file or directory"), "{done}");
}
