//! Key services over gRPC: `seal` asks `sops`, `sops` asks `seal`, and both meet the worst of peers.

mod hostile;
mod person;
mod socket;
mod strange;
mod together;

use crate::bed::{Bed, Done, Run};
use crate::peers::{sops, sops_binary};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const A: &str = "age1rh8vkdkhqetmk6qs8v8jxuxlky0c9s2c8aeflydjyv87cs5tgaqq9ynmu3";
const B: &str = "age1jhtfnxg0f4pn5v2kh2yy7k8k5ct406ckxxqcnmg8me2k9akelplqlslnvp";

/// What a client says to have no keys of its own.
const NO_LOCAL: &str = "--enable-local-keyservice=false";

/// A key service, ended when it is dropped.
struct Server {
    child: Child,
    /// For `--keyservice`.
    uri: String,
    /// What it said since, once it has ended.
    said: Option<std::thread::JoinHandle<String>>,
}

impl Server {
    /// `seal keyservice` with these arguments, once it listens.
    fn seal(bed: &Bed, identity: &str, args: &[&str]) -> Self {
        let mut all = vec!["keyservice"];
        all.extend(args);
        Self::of(bed.seal(&all).identity(identity))
    }

    /// The same on a socket in the work folder.
    fn seal_at(bed: &Bed, identity: &str, name: &str) -> Self {
        let path = bed.path(name);
        Self::seal(bed, identity, &["--network", "unix", "--address", path.to_str().unwrap(), "--verbose"])
    }

    /// A run that says where it listens.
    fn of(run: Run<'_>) -> Self {
        let mut child = run.command().stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut uri = None;
        let mut before = String::new();
        while uri.is_none() {
            let mut line = String::new();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "the server ended: {before}");
            uri = line.strip_prefix("Listening on ").map(|rest| rest.trim_end().to_owned());
            before.push_str(&line);
        }
        let said = std::thread::spawn(move || std::io::read_to_string(stderr).unwrap_or_default());
        Self { child, uri: uri.unwrap(), said: Some(said) }
    }

    /// `sops keyservice`, once it answers; `address` is a path or `HOST:PORT`.
    fn sops(bed: &Bed, identity: &str, address: &str) -> Self {
        let network = if address.starts_with('/') { "unix" } else { "tcp" };
        let args = ["keyservice", "--network", network, "--address", address];
        let mut command = bed.run(sops_binary(), &args).identity(identity).command();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        let answers = || match network {
            "unix" => std::os::unix::net::UnixStream::connect(address).is_ok(),
            _ => std::net::TcpStream::connect(address).is_ok(),
        };
        while !answers() {
            assert!(Instant::now() < until, "sops does not listen on {address}");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, uri: format!("{network}://{address}"), said: None }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Ends it with SIGTERM; its exit code, and what it said after the first line.
    fn end(&mut self) -> (Option<i32>, String) {
        self.signal(Signal::TERM);
        let code = self.end_itself();
        let said = self.said.take().map(|said| said.join().unwrap()).unwrap_or_default();
        assert!(!said.contains("panicked"), "{said}");
        (code, said)
    }

    /// Its exit code, once it has ended.
    fn end_itself(&mut self) -> Option<i32> {
        let until = Instant::now() + Duration::from_secs(20);
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until, "the server does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of this machine that is free now.
fn free_port() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// A run of `seal` without keys of its own that asks the services at `uris`.
fn asking<'b>(bed: &'b Bed, uris: &[&str], args: &[&str]) -> Run<'b> {
    bed.seal(&with_services(uris, args))
}

/// The same of `sops`.
fn sops_asking<'b>(bed: &'b Bed, uris: &[&str], args: &[&str]) -> Run<'b> {
    sops(bed, &with_services(uris, args))
}

fn with_services(uris: &[&str], args: &[&str]) -> Vec<String> {
    let mut all = vec![args[0].to_owned(), NO_LOCAL.to_owned()];
    uris.iter().for_each(|uri| all.extend(["--keyservice".to_owned(), (*uri).to_owned()]));
    all.extend(args[1..].iter().map(|arg| (*arg).to_owned()));
    all
}

/// What was said, in one line; sops wraps its own and puts a bar before each.
fn said(done: &Done) -> String {
    done.stderr.split_whitespace().filter(|word| *word != "|").collect::<Vec<_>>().join(" ")
}
