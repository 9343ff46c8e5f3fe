//! What gpg is given, and what it does not touch.

use super::{PLAIN, Ring, sealed};
use crate::bed::{Bed, program, testdata};
use std::collections::BTreeMap;
use std::fs;

/// A gpg that notes its arguments and its environment before it becomes the real one.
fn recorder(ring: &Ring) -> std::path::PathBuf {
    let folder = ring.path().display();
    ring.script(
        "recorder",
        &format!("echo \"$*\" >> {folder}/arguments\nenv >> {folder}/environment\nexec gpg \"$@\""),
    )
}

fn recorded(ring: &Ring, name: &str) -> String {
    let text = fs::read_to_string(ring.path().join(name)).unwrap();
    fs::remove_file(ring.path().join(name)).unwrap();
    text
}

#[test]
fn arguments_are_these_and_hold_no_secret() {
    let (bed, ring) = (Bed::new(), Ring::new());
    let key = ring.make("x", "cv25519");
    let program = recorder(&ring);
    bed.write("x.yaml", PLAIN);
    let seal = crate::bed::program().into_os_string().into_string().unwrap();
    let hidden = [
        ("SEAL_KEY", "hidden-1"),
        ("SOPS_AGE_KEY", "hidden-2"),
        ("SOPS_AGE_KEY_CMD", "hidden-3"),
        ("SOPS_AGE_SSH_PRIVATE_KEY_CMD", "hidden-4"),
    ];
    for args in [&["encrypt", "-i", "--pgp", &key, "x.yaml"][..], &["decrypt", "x.yaml"]] {
        let run = bed
            .run("setsid", &[&["--wait", &seal], args].concat())
            .env("GNUPGHOME", ring.path())
            .env("SOPS_GPG_EXEC", &program);
        hidden.iter().fold(run, |run, (name, value)| run.env(name, value)).ok();
    }
    assert_eq!(
        recorded(&ring, "arguments"),
        format!(
            "--batch --status-fd 2 --no-default-recipient --yes --encrypt -a -r {key} --no-encrypt-to --trust-model always --no-tty\n--batch --status-fd 2 -d --no-tty\n"
        )
    );
    let environment = recorded(&ring, "environment");
    assert!(!environment.contains("hidden-"), "{environment}");
}

#[test]
fn at_a_terminal_its_name_is_given_and_gpg_may_ask() {
    let (bed, ring) = (Bed::new(), Ring::new());
    let key = ring.make("x", "cv25519");
    sealed(&ring, &bed, "x.yaml", &["--pgp", &key]);
    let recorder = recorder(&ring);
    let (program, typist) = (program(), testdata().join("typist.py"));
    let args =
        [typist.to_str().unwrap(), "=hunter2-db", "--", program.to_str().unwrap(), "decrypt", "x.yaml"];
    let run = || bed.run("python3", &args).env("GNUPGHOME", ring.path()).env("SOPS_GPG_EXEC", &recorder);
    run().ok();
    assert_eq!(recorded(&ring, "arguments"), "--batch --status-fd 2 -d\n");
    let environment = recorded(&ring, "environment");
    assert!(environment.contains("GPG_TTY=/dev/pts/"), "{environment}");
    run().env("GPG_TTY", "/dev/pts/mine").ok();
    let environment = recorded(&ring, "environment");
    assert!(environment.contains("GPG_TTY=/dev/pts/mine"), "{environment}");
}

/// What a ring knows of keys and of trust in them.
fn state(ring: &Ring) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for name in ["trustdb.gpg", "pubring.kbx", "pubring.gpg", "tofu.db"] {
        if let Ok(bytes) = fs::read(ring.path().join(name)) {
            found.insert(name.to_owned(), bytes);
        }
    }
    found
}

#[test]
fn keyring_and_trust_database_stay_as_they_are() {
    let (bed, owner, ring) = (Bed::new(), Ring::new(), Ring::new());
    let key = owner.make("x", "cv25519");
    // Somebody else's key, which was only imported and is not trusted.
    ring.meet(&owner, &key);
    let before = state(&ring);
    sealed(&ring, &bed, "x.yaml", &["--pgp", &key]);
    assert_eq!(owner.seal(&bed, &["decrypt", "x.yaml"]).ok().text(), PLAIN);
    ring.seal(&bed, &["decrypt", "x.yaml"]).fails(128);
    let after = state(&ring);
    assert!(before == after, "{:?} {:?}", before.keys(), after.keys());
    // sops does it in another way: the key is trusted ultimately from then on.
    bed.write("y.yaml", PLAIN);
    ring.sops(&bed, &["encrypt", "-i", "--pgp", &key, "y.yaml"]).ok();
    assert!(before != state(&ring), "sops writes the trust database no more: say so in docs/cli.md");
}

#[test]
#[cfg(target_os = "linux")]
fn the_data_key_goes_through_pipes_only() {
    let (bed, ring) = (Bed::new(), Ring::new());
    let key = ring.make("x", "cv25519");
    bed.write("x.yaml", PLAIN);
    let program = program().into_os_string().into_string().unwrap();
    let folder = ring.path().to_str().unwrap();
    for args in [&["encrypt", "-i", "--pgp", &key, "x.yaml"][..], &["decrypt", "x.yaml"]] {
        let traced = ["-f", "-y", "-e", "trace=openat,write,execve", "-s", "4096", "-o", "trace", &program];
        bed.run("strace", &[&traced[..], args].concat()).env("GNUPGHOME", ring.path()).ok();
        let trace = bed.text("trace");
        assert!(trace.contains("gpg"), "{trace}");
        // 32 bytes on a pipe is the data key; nothing of gpg goes to a file but its locks.
        for line in trace.lines().filter(|line| line.contains("write(")) {
            let to = line.split('<').nth(1).unwrap_or_default().split('>').next().unwrap_or_default();
            let fine = ["pipe:", "socket:", "/dev/", "anon_inode:"].iter().any(|start| to.starts_with(start))
                || to.contains(".#lk")
                || to.starts_with(bed.path("").to_str().unwrap().trim_end_matches('/'))
                || (to.starts_with(folder) && (to.ends_with("random_seed") || to.contains(".lock")));
            assert!(fine, "{line}");
        }
    }
}
