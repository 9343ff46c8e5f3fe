//! A person at the terminal of the server.

use super::{A, asking, said};
use crate::bed::{Bed, program, testdata};
use crate::cli::{PLAIN, sealed};
use std::process::Stdio;
use std::time::{Duration, Instant};

#[test]
fn each_request_is_asked_for_before_its_answer() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    bed.write("plain.yaml", PLAIN);
    let (socket, program, typist) = (bed.path("a.sock"), program(), testdata().join("typist.py"));
    let answers =
        ["=Listening", "=[yes/no]", ">yes\\r", "=[yes/no]", ">no\\r", "=[yes/no]", ">y\\r", ">\\x03"];
    let mut args = vec![typist.to_str().unwrap()];
    args.extend(answers);
    args.extend(["--", program.to_str().unwrap(), "keyservice", "--prompt", "--net", "unix", "--addr"]);
    args.push(socket.to_str().unwrap());
    let mut command = bed.run("python3", &args).identity("a").command();
    let server = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while !socket.exists() {
        assert!(Instant::now() < until, "no socket");
        std::thread::sleep(Duration::from_millis(20));
    }
    let uri = format!("unix://{}", socket.display());
    let uri = [uri.as_str()];
    assert_eq!(asking(&bed, &uri, &["decrypt", "x.yaml"]).ok().text(), PLAIN);
    let done = asking(&bed, &uri, &["decrypt", "x.yaml"]).fails(128);
    assert!(said(&done).contains("the request was refused"), "{done}");
    asking(&bed, &uri, &["encrypt", "--age", A, "plain.yaml"]).ok();
    let output = server.wait_with_output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert_eq!(shown.matches("Unwrap a data key of age age1rh8v…ynmu3?").count(), 2, "{shown}");
    assert_eq!(shown.matches("Wrap a data key for age age1rh8v…ynmu3?").count(), 1, "{shown}");
    assert!(!socket.exists());
}

#[test]
fn without_a_terminal_there_is_nobody_to_ask() {
    let bed = Bed::new();
    let program = program();
    let args = ["--wait", program.to_str().unwrap(), "keyservice", "--prompt", "--address", "127.0.0.1:0"];
    let done = bed.run("setsid", &args).fails(1);
    assert!(said(&done).contains("there is no terminal to ask on"), "{done}");
}
