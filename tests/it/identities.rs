//! Where identities come from, and the passphrase that protects one.

use crate::bed::{Bed, Done, program, testdata};
use crate::cli::{PLAIN, RECIPIENT, sealed};
use std::fs;

fn key(name: &str) -> std::path::PathBuf {
    testdata().join("vectors/keys").join(name)
}

#[test]
fn every_source_of_identities_is_read() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    let text = fs::read_to_string(key("a.txt")).unwrap();
    let decrypt = || bed.seal(&["decrypt", "x.yaml"]);
    let command = format!("cat {}", key("a.txt").display());
    for (what, run) in [
        ("SOPS_AGE_KEY", decrypt().env("SOPS_AGE_KEY", &text)),
        ("SOPS_AGE_KEY_FILE", decrypt().env("SOPS_AGE_KEY_FILE", key("a.txt"))),
        ("SOPS_AGE_KEY_CMD", decrypt().env("SOPS_AGE_KEY_CMD", &command)),
        // A source that fails does not stop the others.
        ("two", decrypt().env("SOPS_AGE_KEY_FILE", "/none").env("SOPS_AGE_KEY", &text)),
        ("both", decrypt().identity("b").env("SOPS_AGE_KEY", &text)),
    ] {
        let done = run.done();
        assert_eq!((done.code, done.text().as_str()), (Some(0), PLAIN), "{what}: {done}");
    }
    let folder = bed.home().join(".config/sops/age");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(key("a.txt"), folder.join("keys.txt")).unwrap();
    assert_eq!(decrypt().ok().text(), PLAIN, "the default file");
}

#[test]
fn ssh_keys_open_what_is_sealed_for_them() {
    for kind in ["id_ed25519", "id_rsa"] {
        let bed = Bed::new();
        let recipient = fs::read_to_string(key(&format!("{kind}.pub"))).unwrap();
        bed.write("x.yaml", PLAIN);
        bed.seal(&["encrypt", "-i", "--age", recipient.trim(), "x.yaml"]).ok();
        let done = bed.seal(&["decrypt", "x.yaml"]).env("SOPS_AGE_SSH_PRIVATE_KEY_FILE", key(kind)).ok();
        assert_eq!(done.text(), PLAIN);

        let folder = bed.home().join(".ssh");
        fs::create_dir_all(&folder).unwrap();
        fs::copy(key(kind), folder.join(kind)).unwrap();
        assert_eq!(bed.seal(&["decrypt", "x.yaml"]).ok().text(), PLAIN, "from ~/.ssh");
    }
}

#[test]
fn keys_and_wrapped_keys_are_those_of_age() {
    let bed = Bed::new();
    bed.seal(&["keygen", "-o", "ours.txt"]).ok();
    let recipient = bed.run("age-keygen", &["-y", "ours.txt"]).ok().text();
    bed.write("x.env", "A=b\n");
    bed.seal(&["encrypt", "-i", "--age", recipient.trim(), "x.env"]).ok();
    let line = bed.text("x.env").lines().find(|line| line.contains("map_enc=")).unwrap().to_owned();
    let armor = line.split_once('=').unwrap().1.replace("\\n", "\n");
    let opened = bed.run("age", &["-d", "-i", "ours.txt"]).stdin(armor).ok();
    assert_eq!(opened.stdout.len(), 32, "age opens the wrapped data key");

    let theirs = bed.run("age-keygen", &["-o", "theirs.txt"]).ok().stderr;
    let recipient = theirs.trim().rsplit(' ').next().unwrap();
    bed.write("y.env", "A=b\n");
    bed.seal(&["encrypt", "-i", "--age", recipient, "y.env"]).ok();
    let done = bed.seal(&["decrypt", "y.env"]).env("SOPS_AGE_KEY_FILE", bed.path("theirs.txt")).ok();
    assert_eq!(done.text(), "A=b\n");
}

#[test]
fn a_post_quantum_recipient_stands_beside_a_classic_one() {
    let bed = Bed::new();
    let pq = fs::read_to_string(key("pq.pub")).unwrap();
    let pq = pq.trim().rsplit(' ').next().unwrap();
    bed.write("x.yaml", PLAIN);
    bed.seal(&["encrypt", "-i", "--age", &format!("{pq},{RECIPIENT}"), "x.yaml"]).ok();
    for identity in ["pq", "a"] {
        assert_eq!(bed.seal(&["decrypt", "x.yaml"]).identity(identity).ok().text(), PLAIN);
    }
}

/// Runs `seal` on a terminal of its own, with an identity that has a passphrase, and types `answer` at the
/// prompt. Standard output goes to the file `out`.
pub(crate) fn at_a_terminal(bed: &Bed, args: &[&str], answer: &str) -> Done {
    const TYPIST: &str = "
import os, pty, select, sys, time
prompt, answer, command = sys.argv[1].encode(), sys.argv[2].encode(), sys.argv[3:]
out = open('out', 'wb')
pid, terminal = pty.fork()
if pid == 0:
    os.dup2(os.open('out', os.O_WRONLY | os.O_TRUNC), 1)
    os.execv(command[0], command)
seen, typed = b'', False
while True:
    if not select.select([terminal], [], [], 60)[0]:
        sys.exit('no prompt: %r' % seen)
    try:
        chunk = os.read(terminal, 4096)
    except OSError:
        break
    if not chunk:
        break
    seen += chunk
    if prompt in seen and not typed:
        time.sleep(0.3) # as a person would
        os.write(terminal, answer + b'\\n')
        typed = True
sys.stderr.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";
    let program = program().into_os_string().into_string().unwrap();
    let typist = ["-c", TYPIST, "assphrase", answer, &program];
    bed.run("python3", &[&typist, args].concat()).env("SOPS_AGE_KEY_FILE", key("a-passphrase.age")).done()
}

#[test]
fn a_passphrase_is_asked_for_on_the_terminal() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    let done = at_a_terminal(&bed, &["decrypt", "x.yaml"], "throwaway-passphrase");
    assert_eq!(done.code, Some(0), "{done}");
    assert_eq!(bed.text("out"), PLAIN);
    assert!(done.stderr.contains("SOPS_AGE_KEY_FILE"), "the prompt says for what: {done}");
    assert!(!done.stderr.contains("throwaway-passphrase"), "what is typed is not shown: {done}");
}

#[test]
fn a_wrong_passphrase_opens_nothing() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    let done = at_a_terminal(&bed, &["decrypt", "x.yaml"], "wrong-passphrase");
    assert_eq!(done.code, Some(128), "{done}");
    assert!(bed.read("out").is_empty());
    assert!(!done.stderr.contains("wrong-passphrase"), "{done}");
}

#[test]
fn without_a_terminal_a_passphrase_is_not_waited_for() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    let program = program().into_os_string().into_string().unwrap();
    let run = bed.run("setsid", &["--wait", &program, "decrypt", "x.yaml"]);
    let run = run.env("SOPS_AGE_KEY_FILE", key("a-passphrase.age")).stdin("throwaway-passphrase\n");
    run.fails(128);
}

#[test]
fn a_passphrase_is_not_asked_for_without_need() {
    let bed = Bed::new();
    bed.write("x.env", "A=b\n");
    let run = bed.seal(&["encrypt", "-i", "--age", RECIPIENT, "x.env"]);
    run.env("SOPS_AGE_KEY_FILE", key("a-passphrase.age")).ok();
    let text = fs::read_to_string(key("a.txt")).unwrap();
    let program = program().into_os_string().into_string().unwrap();
    let run = bed.run("setsid", &["--wait", &program, "decrypt", "x.env"]);
    let run = run.env("SOPS_AGE_KEY_FILE", key("a-passphrase.age")).env("SOPS_AGE_KEY", text);
    assert_eq!(run.ok().text(), "A=b\n");
}
