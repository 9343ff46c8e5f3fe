//! What goes wrong is told, with what gpg says, and with what to do.

use super::{PLAIN, Ring, sealed};
use crate::bed::Bed;
use std::fs;

/// A key nobody has.
const STRANGER: &str = "0123456789ABCDEF0123456789ABCDEF01234567";

#[test]
fn a_file_for_another_key() {
    let (bed, ada, bob) = (Bed::new(), Ring::new(), Ring::new());
    let key = ada.make("ada", "cv25519");
    sealed(&ada, &bed, "x.yaml", &["--pgp", &key]);
    // The first run in an empty folder says that it makes its files.
    bob.gpg(&["--list-keys"]);
    let done = bob.seal(&bed, &["decrypt", "x.yaml"]).fails(128);
    assert!(done.stderr.contains("your gpg has no secret key for it; gpg says: encrypted with"), "{done}");
    assert!(
        done.stderr.contains("hint: gpg --list-secret-keys") && done.stderr.contains(&key[24..]),
        "{done}"
    );
    assert!(!done.stderr.contains("--identity"), "{done}");
}

#[test]
fn a_key_that_cannot_be_encrypted_to() {
    let (bed, ring) = (Bed::new(), Ring::new());
    ring.gpg(&["--quick-gen-key", "signs", "ed25519", "sign", "never"]);
    ring.gpg(&[
        "--faked-system-time",
        "20200101T000000",
        "--quick-gen-key",
        "old",
        "rsa2048",
        "encrypt,sign",
        "1d",
    ]);
    let revoked = ring.make("gone", "rsa2048");
    let certificate = ring.path().join(format!("openpgp-revocs.d/{revoked}.rev"));
    let text = fs::read_to_string(&certificate).unwrap().replace(":-----BEGIN", "-----BEGIN");
    fs::write(&certificate, text).unwrap();
    ring.import(&certificate);
    let of = |user: &str| ring.fingerprints(user).remove(0);
    bed.write("x.yaml", PLAIN);
    for (name, words, hint) in [
        (of("signs"), "the key has no valid part that can encrypt", "ask its owner"),
        (of("old"), "the key has expired", "gpg --refresh-keys"),
        (of("gone"), "the key was revoked", "ask its owner"),
        (STRANGER.to_owned(), "your gpg does not have this key", "gpg --recv-keys 0123"),
        (format!("{STRANGER}!"), "your gpg does not have this key", "gpg --recv-keys 0123"),
        ("01234567".to_owned(), "too short to name one key", "all 40 digits"),
        ("ada@example.org".to_owned(), "it is not a fingerprint", "gpg --list-keys"),
    ] {
        let done = ring.seal(&bed, &["encrypt", "-i", "--pgp", &name, "x.yaml"]).fails(1);
        assert!(done.stderr.contains(words) && done.stderr.contains(hint), "{done}");
        let done = ring.sops(&bed, &["encrypt", "-i", "--pgp", &name, "x.yaml"]).done();
        assert_ne!(done.code, Some(0), "sops refuses it too: {done}");
    }
}

#[test]
fn gpg_that_is_not_there() {
    let (bed, ring) = (Bed::new(), Ring::new());
    let key = ring.make("x", "cv25519");
    sealed(&ring, &bed, "x.yaml", &["--pgp", &key]);
    bed.write("y.yaml", PLAIN);
    let empty = bed.path("");
    for (name, value) in [("PATH", empty.as_os_str()), ("SOPS_GPG_EXEC", "/no/such/gpg".as_ref())] {
        let done = ring.seal(&bed, &["decrypt", "x.yaml"]).env(name, value).fails(128);
        assert!(
            done.stderr.contains("there is no program `") && done.stderr.contains("install GnuPG"),
            "{done}"
        );
        let done = ring.seal(&bed, &["encrypt", "--pgp", &key, "y.yaml"]).env(name, value).fails(1);
        assert!(
            done.stderr.contains("there is no program `") && done.stderr.contains("install GnuPG"),
            "{done}"
        );
    }
}

#[test]
fn an_agent_that_cannot_start() {
    let bed = Bed::new();
    // The path of a socket has about a hundred characters.
    let ring = Ring::called(|name| format!("/tmp/{name}{}", "-long".repeat(20)));
    let other = Ring::new();
    let key = other.make("x", "cv25519");
    sealed(&other, &bed, "x.yaml", &["--pgp", &key]);
    for name in ["pubring.kbx", "private-keys-v1.d"] {
        let (from, to) = (other.path().join(name), ring.path().join(name));
        assert!(std::process::Command::new("cp").arg("-r").args([from, to]).status().unwrap().success());
    }
    let done = ring.seal(&bed, &["decrypt", "x.yaml"]).fails(128);
    assert!(done.stderr.contains("gpg does not reach its agent; gpg says: "), "{done}");
    assert!(done.stderr.contains("hint: gpgconf --launch gpg-agent"), "{done}");
}

#[test]
fn a_folder_that_cannot_be_read() {
    let (bed, ring) = (Bed::new(), Ring::new());
    let key = ring.make("x", "cv25519");
    sealed(&ring, &bed, "x.yaml", &["--pgp", &key]);
    bed.write("y.yaml", PLAIN);
    let done = bed.seal(&["decrypt", "x.yaml"]).env("GNUPGHOME", "/no/such/folder").fails(128);
    assert!(done.stderr.contains("gpg cannot use its folder") && done.stderr.contains("GNUPGHOME"), "{done}");
}

#[test]
fn a_locked_key_without_a_terminal() {
    let (bed, ring) = (Bed::new(), Ring::new());
    let key = ring.make_locked("x", "open sesame");
    sealed(&ring, &bed, "x.yaml", &["--pgp", &key]);
    ring.agent("pinentry-program /no/such/pinentry\n");
    let program = crate::bed::program();
    let alone = ["--wait", program.to_str().unwrap(), "decrypt", "x.yaml"];
    let done = bed.run("setsid", &alone).env("GNUPGHOME", ring.path()).fails(128);
    assert!(done.stderr.contains("its secret key is locked, and there is no terminal to ask on"), "{done}");
    assert!(done.stderr.contains("hint: run this in a terminal"), "{done}");
    // A pinentry that needs no terminal is asked all the same; the agent remembers the answer.
    ring.pinentry("open sesame");
    for _ in 0..2 {
        assert_eq!(bed.run("setsid", &alone).env("GNUPGHOME", ring.path()).ok().text(), PLAIN);
    }
    assert_eq!(ring.asked(), 1);
    ring.pinentry("wrong");
    let done = bed.run("setsid", &alone).env("GNUPGHOME", ring.path()).fails(128);
    assert!(!done.stderr.contains("wrong") && done.stderr.contains("Bad passphrase"), "{done}");
}

#[test]
fn a_program_that_is_not_gpg() {
    let (bed, ring) = (Bed::new(), Ring::new());
    let key = ring.make("x", "cv25519");
    sealed(&ring, &bed, "x.yaml", &["--pgp", &key]);
    let fails = |script: &str, code| {
        let program = ring.script("false-gpg", script);
        ring.seal(&bed, &["decrypt", "x.yaml"]).env("SOPS_GPG_EXEC", program).fails(code)
    };
    let decrypt = |script: &str| fails(script, 128);
    let done = decrypt("cat > /dev/null");
    assert!(done.stderr.contains("gpg ended well and printed nothing"), "{done}");
    let done = decrypt("printf '\\033[2Jno\\n' >&2; exit 3");
    assert!(done.stderr.contains("gpg failed; gpg says: ") && done.stderr.contains("[2Jno"), "{done}");
    assert!(!done.stderr.contains('\x1b') && !done.stderr.contains("--identity"), "{done}");
    let done = decrypt("yes");
    assert!(done.stderr.contains("larger than 16 MiB"), "{done}");
    // gpg prints what is not encrypted at all.
    let done = decrypt("printf 'x\\n[GNUPG:] PLAINTEXT 62 0 \\n' >&2; echo hunter2");
    assert!(done.stderr.contains("is not encrypted") && !done.stderr.contains("hunter2"), "{done}");
    // A key that is not that of the file.
    fails("printf 01234567890123456789012345678901", 25);
}

#[test]
#[cfg(target_os = "linux")]
fn a_gpg_that_hangs_in_a_container() {
    let (bed, ring) = (Bed::new(), Ring::new());
    let key = ring.make("x", "cv25519");
    sealed(&ring, &bed, "x.yaml", &["--pgp", &key]);
    let program = ring.script("slow-gpg", "exec sleep 60");
    let since = std::time::Instant::now();
    let into = format!("/dev/shm/seal-pgp-{}", std::process::id());
    let args = ["run", "x.yaml", "--timeout", "1", "--into", &into, "--", "true"];
    let done = ring.seal(&bed, &args).env("SOPS_GPG_EXEC", program).fails(75);
    let _ = fs::remove_dir(&into);
    assert!(done.stderr.contains("gpg gave no answer in 1 s"), "{done}");
    assert!(since.elapsed().as_secs() < 30, "{done}");
}
