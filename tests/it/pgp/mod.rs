//! PGP keys, with the real gpg and the real sops.

mod alone;
mod failures;
mod interop;
mod rekey;

use crate::bed::{Bed, Done, Run};
use crate::peers::sops;
use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The recipient of `testdata/vectors/keys/a.txt`.
const A: &str = "age1rh8vkdkhqetmk6qs8v8jxuxlky0c9s2c8aeflydjyv87cs5tgaqq9ynmu3";
/// What the tests encrypt.
const PLAIN: &str = "db:\n    password: hunter2-db\n    port: 5433\n";

/// A folder of gpg for one test, with a short path as its agent needs, removed at the end with the agent.
pub(crate) struct Ring {
    folder: PathBuf,
}

impl Ring {
    /// An empty one.
    ///
    /// # Panics
    /// If gpg is not installed.
    pub(crate) fn new() -> Self {
        Self::called(|name| format!("/tmp/{name}"))
    }

    /// An empty one whose path is `path` of a name that nobody has.
    fn called(path: impl Fn(&str) -> String) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("sg{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = PathBuf::from(path(&name));
        fs::DirBuilder::new().mode(0o700).create(&folder).unwrap();
        let ring = Self { folder };
        ring.gpg(&["--version"]);
        ring
    }

    /// For `GNUPGHOME`.
    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }

    /// What `gpg ARGS` prints.
    fn gpg(&self, args: &[&str]) -> String {
        let done = self.command("gpg").args(["--batch", "--passphrase", ""]).args(args).output();
        let done = done.expect("the tests need gpg: apt-get install gnupg");
        assert!(done.status.success(), "gpg {args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("GNUPGHOME", &self.folder).env("LC_ALL", "C");
        command
    }

    /// Takes in the keys of a file.
    pub(crate) fn import(&self, file: &Path) {
        self.gpg(&["--import", file.to_str().unwrap()]);
    }

    /// Takes in the public key of another ring.
    fn meet(&self, other: &Ring, fingerprint: &str) {
        let file = self.folder.join("other.asc");
        fs::write(&file, other.gpg(&["--armor", "--export", fingerprint])).unwrap();
        self.import(&file);
    }

    /// Makes a key that encrypts, and gives its fingerprint.
    pub(crate) fn make(&self, user: &str, algorithm: &str) -> String {
        let first = if algorithm == "cv25519" { ("ed25519", "sign") } else { (algorithm, "sign,encrypt") };
        self.gpg(&["--quick-gen-key", user, first.0, first.1, "never"]);
        let fingerprint = self.fingerprints(user).remove(0);
        if algorithm == "cv25519" {
            self.gpg(&["--quick-add-key", &fingerprint, "cv25519", "encrypt", "never"]);
        }
        fingerprint
    }

    /// The same with a passphrase, which nobody has typed yet.
    pub(crate) fn make_locked(&self, user: &str, passphrase: &str) -> String {
        let loopback = ["--pinentry-mode", "loopback", "--passphrase", passphrase];
        self.gpg(&[&loopback[..], &["--quick-gen-key", user, "rsa2048", "encrypt,sign", "never"]].concat());
        self.stop();
        self.fingerprints(user).remove(0)
    }

    /// The fingerprints of a key and of its parts.
    fn fingerprints(&self, user: &str) -> Vec<String> {
        let listed = self.gpg(&["--with-colons", "--list-keys", user]);
        let lines = listed.lines().filter(|line| line.starts_with("fpr:"));
        lines.map(|line| line.split(':').nth(9).unwrap().to_owned()).collect()
    }

    /// Lets the agent forget all passphrases, and start with `settings`.
    fn agent(&self, settings: &str) {
        fs::write(self.folder.join("gpg-agent.conf"), settings).unwrap();
        self.stop();
    }

    fn stop(&self) {
        let _ = self.command("gpgconf").args(["--kill", "gpg-agent"]).output();
    }

    /// Writes an executable script beside the keys.
    fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        path
    }

    /// A pinentry that answers with `passphrase`, and notes that it was asked in the file `asked`.
    pub(crate) fn pinentry(&self, passphrase: &str) {
        let script = format!(
            "echo OK\nwhile read -r word rest; do case $word in\nGETPIN) echo x >> {0}/asked; printf 'D {passphrase}\\nOK\\n';;\nBYE) echo OK; exit;;\n*) echo OK;;\nesac; done",
            self.folder.display()
        );
        let path = self.script("pinentry", &script);
        self.agent(&format!("pinentry-program {}\n", path.display()));
    }

    /// How often the pinentry was asked.
    pub(crate) fn asked(&self) -> usize {
        fs::read(self.folder.join("asked")).unwrap_or_default().len() / 2
    }

    /// Runs `seal` with these keys.
    fn seal<'b>(&self, bed: &'b Bed, args: &[&str]) -> Run<'b> {
        bed.seal(args).env("GNUPGHOME", &self.folder)
    }

    /// Runs `sops` with these keys.
    fn sops<'b>(&self, bed: &'b Bed, args: &[&str]) -> Run<'b> {
        sops(bed, args).env("GNUPGHOME", &self.folder)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        self.stop();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Encrypts [`PLAIN`] as `name` with these further arguments.
fn sealed(ring: &Ring, bed: &Bed, name: &str, args: &[&str]) -> Done {
    bed.write(name, PLAIN);
    ring.seal(bed, &[&["encrypt", "-i", name], args].concat()).ok()
}

/// The fingerprints that the file names, in its order.
fn named(bed: &Bed, name: &str) -> Vec<String> {
    let text = bed.text(name);
    text.lines()
        .filter_map(|line| line.trim_start_matches([' ', '-']).strip_prefix("fp: "))
        .map(str::to_owned)
        .collect()
}
