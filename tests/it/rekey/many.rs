//! Many files, and one passphrase.

use super::{A, B, rule};
use crate::bed::Bed;
use crate::identities::at_a_terminal;
use std::process::Command;

const FILES: usize = 500;

/// Encrypts many small files for A, as people who have only its public half.
fn tree(bed: &Bed) -> Vec<String> {
    rule(bed, &[A]);
    let names: Vec<String> = (0..FILES).map(|n| format!("t/{}/{n}.yaml", n % 10)).collect();
    for (number, name) in names.iter().enumerate() {
        bed.write(name, format!("# file {number}\nuser: app\npassword: hunter{number}\n"));
    }
    let args: Vec<&str> = ["encrypt", "-i"].into_iter().chain(names.iter().map(String::as_str)).collect();
    bed.seal(&args).ok();
    names
}

#[test]
fn a_passphrase_is_asked_for_once_for_a_whole_tree() {
    let bed = Bed::new();
    let names = tree(&bed);
    rule(&bed, &[A, B]);
    let asked = |done: &crate::bed::Done| done.stderr.matches("Enter passphrase").count();
    let done = at_a_terminal(&bed, &["updatekeys", "-y", "t"], "throwaway-passphrase");
    assert_eq!((done.code, asked(&done)), (Some(0), 1), "{done}");
    assert!(done.stderr.contains("500 files changed"), "{done}");
    let before = bed.snapshot();
    let done = bed.seal(&["updatekeys", "-y", "t"]).ok();
    assert!(done.stderr.contains("500 files up to date"), "{done}");
    bed.assert_unchanged(&before, &done);

    let done = at_a_terminal(&bed, &["rotate", "-i", "t"], "throwaway-passphrase");
    assert_eq!((done.code, asked(&done)), (Some(0), 1), "{done}");
    assert!(done.stderr.contains("500 files rotated"), "{done}");
    for (number, name) in names.iter().enumerate().step_by(50) {
        let text = bed.seal(&["get", name, "password"]).identity("b").ok().text();
        assert_eq!(text, format!("hunter{number}"));
    }
    // A wrong one changes nothing, and is asked for once as well.
    let before = bed.snapshot();
    let done = at_a_terminal(&bed, &["rotate", "-i", "t/0"], "wrong-passphrase");
    assert_eq!((done.code, asked(&done)), (Some(128), 1), "{done}");
    bed.assert_unchanged(&before, &done);
}

/// What is written to files, pipes and terminals holds nothing of the plain text.
#[test]
fn no_plain_text_is_written_anywhere() {
    let bed = Bed::new();
    rule(&bed, &[A]);
    super::sealed(&bed, "x.yaml", super::YAML);
    rule(&bed, &[A, B]);
    assert!(Command::new("strace").arg("-V").output().is_ok(), "strace is needed");
    let program = crate::bed::program().into_os_string().into_string().unwrap();
    for args in [["updatekeys", "-y", "x.yaml"], ["rotate", "-i", "x.yaml"]] {
        let calls =
            "trace=write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,execve,openat,copy_file_range";
        let traced = ["-f", "-s", "100000", "-e", calls, "-o", "trace", &program];
        bed.run("strace", &[&traced[..], &args].concat()).identity("a").ok();
        let trace = bed.text("trace");
        assert!(trace.contains("O_TMPFILE"), "{trace}");
        assert!(trace.contains("ENC[AES256_GCM"), "the new text is seen: {trace}");
        for secret in ["hunter2", "who may call", "the role", "AGE-SECRET-KEY-"] {
            assert!(!trace.contains(secret), "{args:?}: `{secret}` in {trace}");
        }
    }
}
