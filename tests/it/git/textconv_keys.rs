//! Which keys are used to show files to a person: those at hand, without a question, a program or a host.

use super::bed::{PLAIN, Repo, assert_silent, changed_lines};
use crate::bed::testdata;
use crate::pgp::Ring;
use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

/// A listener to which nobody is to connect.
struct Trap(TcpListener, u16);

impl Trap {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        Self(listener, port)
    }

    fn assert_untouched(&self) {
        assert_eq!(self.0.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "somebody connected");
    }
}

/// Puts a recipient at a Vault into the metadata, before that of age.
fn with_vault(text: &str, port: u16) -> String {
    let entry = format!(
        "sops:\n    hc_vault:\n        - vault_address: http://127.0.0.1:{port}\n          engine_path: t\n          key_name: k\n          created_at: \"2026-01-02T03:04:05Z\"\n          enc: vault:v1:AAAA\n"
    );
    text.replacen("sops:\n", &entry, 1)
}

/// T13
#[test]
fn t13_no_host_is_contacted() {
    let (repo, trap) = (Repo::new(), Trap::new());
    // A strict record would see that somebody else was put in.
    repo.bed.write("s.enc.yaml", PLAIN);
    repo.seal(&["encrypt", "-i", "--no-strict", "s.enc.yaml"]).ok();
    let sealed = with_vault(&repo.bed.text("s.enc.yaml"), trap.1);
    repo.bed.write("s.enc.yaml", &sealed);
    repo.commit("a vault");
    for key in [None, Some("k1")] {
        let git = |args: &[&str]| {
            let run = repo.git_as(key, args).env("GIT_PAGER_IN_USE", "true").env("VAULT_TOKEN", "T");
            run.env("VAULT_ADDR", format!("http://127.0.0.1:{}", trap.1))
                .env("SOPS_KEYSERVICE", format!("tcp://127.0.0.1:{}", trap.1))
        };
        let log = git(&["log", "-p", "--no-color"]).ok();
        assert_eq!(log.text().contains("BASEPW"), key.is_some(), "{log}");
        let reason = "not decrypted: no key at hand, and remote keys are not asked";
        assert_eq!(log.text().contains(reason), key.is_none(), "{log}");
        assert!(log.text().contains(&format!("recipient hc_vault http://127.0.0.1:{}/v1/t/keys/k", trap.1)));
        repo.bed.write("s.enc.yaml", sealed.replace("h2", "h3").replacen("user:", "usr:", 1));
        git(&["diff"]).ok();
        repo.git(&["checkout", "-q", "."]).ok();
    }
    trap.assert_untouched();
    repo.branch("x", "main", |repo| {
        repo.seal(&["set", "s.enc.yaml", "db.password", "THEIRS"]).ok();
    });
    repo.set("s.enc.yaml", "api.k1", "OURS");
    for (key, code) in [(None, 1), (Some("k1"), 0)] {
        let done = repo.git_as(key, &["merge", "x"]).env("VAULT_TOKEN", "T").done();
        assert_eq!(done.code, Some(code), "{done}");
        trap.assert_untouched();
        repo.git(&["reset", "-q", "--hard", "main"]).ok();
    }
}

/// T13: with `--remote-keys` a key service may be asked.
#[test]
fn t13_key_services_are_asked_where_that_is_configured() {
    let repo = Repo::new();
    let socket = repo.bed.home().join("s");
    let socket = socket.to_str().unwrap();
    let mut service = repo.seal(&["keyservice", "--network", "unix", "--address", socket]).command();
    service.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut service = service.spawn().unwrap();
    let begun = Instant::now();
    while fs::symlink_metadata(socket).is_err() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let show = |flags: &[&str]| {
        let words: Vec<&str> = ["git", "textconv"]
            .iter()
            .chain(flags)
            .chain(&["--show=plain", "--", "s.enc.yaml"])
            .copied()
            .collect();
        repo.seal_as(None, &words).env("SOPS_KEYSERVICE", format!("unix://{socket}")).ok().text()
    };
    let (quiet, asked) = (show(&[]), show(&["--remote-keys"]));
    service.kill().unwrap();
    service.wait().unwrap();
    assert!(quiet.contains("not decrypted: no key\n") && !quiet.contains("BASEPW"), "{quiet}");
    assert!(asked.contains("password: BASEPW\n") && !asked.contains("not decrypted"), "{asked}");
}

/// T14
#[test]
fn t14_no_passphrase_is_asked_for() {
    let repo = Repo::new();
    let locked = testdata().join("vectors/keys/a-passphrase.age");
    let recipient =
        repo.seal(&["keygen", "-y", testdata().join("vectors/keys/a.txt").to_str().unwrap()]).ok().text();
    repo.bed.write("t.enc.yaml", "a: SECRET\n");
    repo.seal(&["encrypt", "-i", "--age", recipient.trim(), "t.enc.yaml"]).ok();
    let typist = testdata().join("typist.py");
    let words = [typist.to_str().unwrap(), "--", "git", "--no-pager", "show", "--no-color"];
    repo.commit("locked");
    let begun = Instant::now();
    let done =
        repo.run("python3", &words).env("SOPS_AGE_KEY_FILE", locked).env("GIT_PAGER_IN_USE", "true").ok();
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    let text = done.text().replace('\r', "");
    assert_silent(&done, &["SECRET", "assphrase for"]);
    assert!(text.contains("+a: ENC<str ~"), "{done}");
    assert!(text.contains("not decrypted: no key that needs no passphrase and no program\n"), "{done}");
}

/// T18
#[test]
fn t18_git_starts_one_program_for_a_version_and_that_starts_none() {
    let repo = Repo::new();
    repo.set("s.enc.yaml", "db.password", "NEWPW");
    // Programs that a run could start. Each says so.
    let bin = repo.bed.home().join("traps");
    fs::create_dir(&bin).unwrap();
    for name in ["git", "gpg", "age-plugin-x", "sh", "command", "vault"] {
        let path = bin.join(name);
        fs::write(&path, format!("#!/bin/sh\necho {name} >> \"{}/started\"\n", bin.display())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let plugin = "AGE-PLUGIN-X-1QVHULF";
    for (key, identity) in [(Some("k1"), ""), (None, plugin), (None, "")] {
        let run = repo.seal_as(key, &["git", "textconv", "--show=plain", "--", "s.enc.yaml"]);
        let run = run
            .env("PATH", &bin)
            .env("SOPS_AGE_KEY", identity)
            .env("SOPS_AGE_KEY_CMD", "command")
            .env("SOPS_AGE_SSH_PRIVATE_KEY_CMD", "command");
        let done = run.ok();
        assert_eq!(done.text().contains("NEWPW"), key.is_some(), "{done}");
    }
    assert!(!bin.join("started").exists(), "{:?}", fs::read_to_string(bin.join("started")));

    let trace = repo.bed.home().join("trace");
    let done =
        repo.git(&["show", "--no-color"]).env("GIT_TRACE2_EVENT", &trace).env("GIT_PAGER_IN_USE", "1").ok();
    assert_eq!(changed_lines(&done.text()), ["-    password: BASEPW", "+    password: NEWPW"], "{done}");
    let trace = fs::read_to_string(trace).unwrap();
    let started: Vec<&str> =
        trace.lines().filter(|line| line.contains("\"event\":\"child_start\"")).collect();
    assert_eq!(started.len(), 2, "{trace}");
    assert!(started.iter().all(|line| line.contains("textconv")), "{trace}");
}

/// A program that a link in the repository points to is not waited for.
#[test]
fn a_configuration_that_cannot_be_read_at_once_is_left_alone() {
    let repo = Repo::new();
    fs::remove_file(repo.bed.path(".sops.yaml")).unwrap();
    repo.run("mkfifo", &[".sops.yaml"]).ok();
    let begun = Instant::now();
    let done = repo.seal(&["git", "textconv", "--show=plain", "--", "s.enc.yaml"]).ok();
    assert!(done.text().contains("password: BASEPW\n"), "{done}");
    // An identity that never comes is given up.
    let pipe = repo.bed.home().join("pipe");
    repo.run("mkfifo", &[&pipe]).ok();
    let run = repo.seal_as(None, &["git", "textconv", "--show=plain", "--", "s.enc.yaml"]);
    let done = run.env("SOPS_AGE_KEY_FILE", &pipe).ok();
    assert!(done.text().contains("# seal: not decrypted: no key: timed out\n"), "{done}");
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

/// Keys of gpg are used where they need no passphrase; the pinentry, which would answer, is not asked.
#[test]
fn pgp_keys_are_used_where_they_need_no_question() {
    let (repo, ring) = (Repo::new(), Ring::new());
    let open = ring.make("open", "cv25519");
    let locked = ring.make_locked("locked", "throwaway");
    ring.pinentry("throwaway");
    let shown = |key: &str| {
        repo.bed.write("g.enc.yaml", "a: VALUE\n");
        let args = ["encrypt", "-i", "--pgp", key, "--config", "/dev/null", "g.enc.yaml"];
        repo.seal(&args).env("GNUPGHOME", ring.path()).ok();
        let run = repo.seal_as(None, &["git", "textconv", "--show=plain", "--", "g.enc.yaml"]);
        let done = run.env("GNUPGHOME", ring.path()).ok();
        assert!(done.text().contains(&format!("# seal: recipient pgp {key}\n")), "{done}");
        done.text()
    };
    assert!(shown(&open).starts_with("a: VALUE\n"));
    let text = shown(&locked);
    assert!(text.starts_with("a: ENC<str ~") && text.contains("not decrypted: no key\n"), "{text}");
    assert_eq!(ring.asked(), 0);
}
