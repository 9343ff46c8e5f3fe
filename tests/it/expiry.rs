//! Files that end: given, kept by every command, noticed when it is past, and nothing to SOPS.

use crate::bed::{Bed, Done, testdata};
use crate::cli::{PLAIN, RECIPIENT, sealed};
use crate::peers::sops;
use seal::doc::dotenv::Dotenv;
use seal::doc::json::Json;
use seal::doc::yaml::Yaml;
use seal::doc::{Format, Layout, Limits, Timestamp};
use seal::keys::age::{AgeService, IdentitySources};
use seal::keys::{DecryptionOrder, Nobody, Services, recover};
use seal::sops::{Rekey, Sealed, rewrap};
use std::sync::Arc;

const B: &str = "age1jhtfnxg0f4pn5v2kh2yy7k8k5ct406ckxxqcnmg8me2k9akelplqlslnvp";

fn format_of(name: &str) -> &'static dyn Format {
    match name.rsplit('.').next() {
        Some("yaml") => &Yaml,
        Some("env") => &Dotenv,
        _ => &Json,
    }
}

/// Opens the encrypted file `name` of the bed with the identities of all tests, and gives it to `work`.
fn opened<T>(
    bed: &Bed,
    name: &str,
    work: impl FnOnce(&seal::sops::Opened<'_>, &seal::keys::DataKey) -> T,
) -> T {
    let bytes = bed.read(name);
    let whole = !name.ends_with(".yaml") && !name.ends_with(".env") && !name.ends_with(".json");
    let sealed = Sealed::load(format_of(name), &bytes, whole, &Limits::default()).unwrap();
    let sources =
        IdentitySources { key_file: Some(testdata().join("vectors/keys.txt")), ..IdentitySources::default() };
    let services = Services::new().with(AgeService::new(sources, Arc::new(Nobody)));
    let (groups, threshold) = (&sealed.metadata.groups, sealed.metadata.threshold);
    let key = recover(groups, threshold, &services, &DecryptionOrder::default().kinds).unwrap();
    let opened = sealed.open(&key, false).unwrap();
    work(&opened, &key)
}

/// Gives the encrypted file `name` of the bed an end that no command would give it: one that is past.
pub(crate) fn backdate(bed: &Bed, name: &str, end: &str) {
    let text = opened(bed, name, |opened, key| {
        let metadata = &opened.sealed().metadata;
        rewrap(&Rekey {
            opened,
            groups: metadata.groups.clone(),
            threshold: metadata.threshold,
            data_key: key,
            now: metadata.last_modified,
            record: true,
            expires: Timestamp::parse_rfc3339(end),
            layout: Layout::default(),
            limits: Limits::default(),
        })
        .unwrap()
        .to_vec()
    });
    bed.write(name, text);
}

/// The end of the encrypted file `name`.
fn end(bed: &Bed, name: &str) -> Option<String> {
    opened(bed, name, |opened, _| opened.expires().map(|end| end.to_string()))
}

const PAST: &str = "2021-06-30T23:59:59Z";
const FAR: &str = "9998-12-31T23:59:59Z";

/// A bed with `x.yaml`, which ended at `PAST`.
fn past() -> Bed {
    let bed = Bed::new();
    bed.write(".sops.yaml", format!("creation_rules:\n  - age: {RECIPIENT}\n"));
    sealed(&bed, "x.yaml");
    backdate(&bed, "x.yaml", PAST);
    bed
}

fn assert_warns(done: &Done) {
    let said = "warning: `x.yaml` has expired: it was valid until 2021-06-30T23:59:59Z\n";
    assert!(done.stderr.starts_with(said), "{done}");
    assert!(done.stderr.contains("renew it: seal rotate -i --expires 90d x.yaml\n"), "{done}");
}

#[test]
fn encrypt_writes_what_it_is_told() {
    let bed = Bed::new();
    for (name, plain) in [
        ("x.yaml", PLAIN.as_bytes()),
        ("x.json", b"{\"a\": 1.0}"),
        ("x.env", b"A=b\n"),
        ("x.bin", b"\x00\xff"),
    ] {
        for (when, expected) in [
            ("9998-12-31", Some(FAR)),
            ("9998-12-31T23:59:59Z", Some(FAR)),
            ("9999-01-01T01:59:59.9+02:00", Some(FAR)),
            ("never", None),
        ] {
            bed.write(name, plain);
            bed.seal(&["encrypt", "-i", "--age", RECIPIENT, "--expires", when, name]).ok();
            assert_eq!(end(&bed, name).as_deref(), expected, "{name} {when}");
            let done = bed.seal(&["decrypt", name]).identity("a").ok();
            assert!(done.stderr.is_empty() && done.stdout == plain, "{done}");
        }
    }
}

#[test]
fn an_age_counts_from_now() {
    let bed = Bed::new();
    bed.write("x.yaml", PLAIN);
    let before = time::OffsetDateTime::now_utc();
    bed.seal(&["encrypt", "-i", "--age", RECIPIENT, "--expires", "2w", "x.yaml"]).ok();
    let after = time::OffsetDateTime::now_utc();
    let end =
        Timestamp::parse_rfc3339(&end(&bed, "x.yaml").unwrap()).unwrap().moment() - time::Duration::weeks(2);
    assert!(before - time::Duration::SECOND <= end && end <= after, "{before} {end} {after}");
}

#[test]
fn contradictions_are_refused() {
    let bed = Bed::new();
    bed.write("plain.yaml", PLAIN);
    sealed(&bed, "x.yaml");
    let encrypt = ["encrypt", "--age", RECIPIENT, "plain.yaml"];
    let rotate = ["rotate", "-i", "x.yaml"];
    for command in [&encrypt[..], &rotate] {
        let with = |flags: &[&str]| bed.seal(&[command, flags].concat()).identity("a");
        let done = with(&["--expires", "90d", "--no-strict"]).fails(8);
        assert!(done.stderr.contains("`--expires` and `--no-strict` cannot be used together"), "{done}");
        let done = with(&["--expires", "2021-06-30"]).fails(8);
        assert!(done.stderr.contains("`--expires` is in the past: 2021-06-30T23:59:59Z"), "{done}");
        let done = with(&["--expires", "tomorrow"]).fails(1);
        assert!(done.stderr.contains("`tomorrow` is no value of `--expires <WHEN>`"), "{done}");
        assert!(done.stderr.contains("a day as 2027-01-31"), "{done}");
    }
}

#[test]
fn commands_that_show_or_change_an_expired_file_warn() {
    let bed = past();
    let done = bed.seal(&["decrypt", "x.yaml"]).identity("a").ok();
    assert_warns(&done);
    assert_eq!(done.text(), PLAIN);
    assert_warns(&bed.seal(&["decrypt", "--require-strict", "x.yaml"]).identity("a").ok());
    assert_warns(&bed.seal(&["get", "x.yaml", "db.user"]).identity("a").ok());
    assert_warns(&bed.seal(&["set", "x.yaml", "db.user", "web"]).identity("a").ok());
    assert_warns(&bed.seal(&["unset", "x.yaml", "note"]).identity("a").ok());
    let edited =
        bed.seal(&["edit", "--allow-disk", "x.yaml"]).identity("a").env("SEAL_EDITOR", "sed -i s/web/api/");
    assert_warns(&edited.ok());
    assert_eq!(end(&bed, "x.yaml").as_deref(), Some(PAST));
    let quiet = bed.seal(&["decrypt", "--quiet", "x.yaml"]).identity("a").ok();
    assert!(quiet.stderr.is_empty(), "{quiet}");
}

#[test]
fn every_command_that_writes_a_file_keeps_its_end() {
    let bed = past();
    bed.write(
        ".sops.yaml",
        format!(
            "seal:\n  recipients:\n    ann: {RECIPIENT}\n    bob: {B}\n\
             creation_rules:\n  - age: {RECIPIENT}\n"
        ),
    );
    for command in [
        &["set", "x.yaml", "db.user", "web"][..],
        &["unset", "x.yaml", "note"],
        &["rotate", "-i", "x.yaml"],
        &["grant", "-y", "bob", "x.yaml"],
        &["revoke", "-y", "bob", "x.yaml"],
        &["groups", "add", "-i", "-f", "x.yaml", "--age", B],
        &["updatekeys", "-y", "x.yaml"],
    ] {
        let before = bed.read("x.yaml");
        bed.seal(command).env("SOPS_AGE_KEY_FILE", testdata().join("vectors/keys.txt")).ok();
        assert_ne!(bed.read("x.yaml"), before, "{command:?} does nothing here");
        assert_eq!(end(&bed, "x.yaml").as_deref(), Some(PAST), "{command:?}");
    }
}

#[test]
fn rotate_renews_and_removes() {
    let bed = past();
    bed.seal(&["rotate", "-i", "--expires", "9998-12-31", "x.yaml"]).identity("a").ok();
    assert_eq!(end(&bed, "x.yaml").as_deref(), Some(FAR));
    let done = bed.seal(&["decrypt", "x.yaml"]).identity("a").ok();
    assert!(done.stderr.is_empty(), "{done}");
    bed.seal(&["rotate", "-i", "--expires", "never", "x.yaml"]).identity("a").ok();
    assert_eq!(end(&bed, "x.yaml"), None);
}

#[test]
fn an_end_that_goes_with_the_record_is_said() {
    for command in
        [&["rotate", "-i", "--no-strict", "x.yaml"][..], &["set", "--no-strict", "x.yaml", "db.user", "web"]]
    {
        let bed = past();
        let done = bed.seal(command).identity("a").ok();
        let said = "`x.yaml` loses its expiry (2021-06-30T23:59:59Z) with its strict record";
        assert!(done.stderr.contains(said), "{done}");
        let done = bed.seal(&["decrypt", "x.yaml"]).identity("a").ok();
        assert!(!done.stderr.contains("expired"), "{done}");
    }
}

#[test]
fn sops_reads_such_a_file_and_drops_the_end_when_it_writes() {
    let bed = past();
    let theirs = sops(&bed, &["decrypt", "x.yaml"]).identity("a").ok();
    let ours = bed.seal(&["decrypt", "--output-type", "json", "x.yaml"]).identity("a").ok();
    let theirs: serde_json::Value = serde_yaml::from_str(&theirs.text()).unwrap();
    assert_eq!(theirs, serde_json::from_slice::<serde_json::Value>(&ours.stdout).unwrap());
    sops(&bed, &["set", "x.yaml", r#"["db"]["user"]"#, r#""web""#]).identity("a").ok();
    assert_eq!(end(&bed, "x.yaml"), None);
    let done = bed.seal(&["decrypt", "x.yaml"]).identity("a").ok();
    assert!(done.stderr.starts_with("warning: `x.yaml` has no strict record"), "{done}");
    assert!(!done.stderr.contains("expired"), "{done}");
    bed.seal(&["decrypt", "--require-strict", "x.yaml"]).identity("a").fails(206);
}
