//! Tests of wrapping and recovering with groups of several kinds of keys.

use super::age::testing::{IDENTITY_A, IDENTITY_B, RECIPIENT_A, RECIPIENT_B, Scripted, entry, path, service};
use super::age::{AgeService, IdentitySources};
use super::{
    DataKey, Effort, KeyError, KeyGroup, KeyKind, KeyService, MasterKey, RecoverProblem, Services, WrapError,
    recover, wrap_all,
};
use crate::crypto::shamir::CombineError;
use crate::doc::{Data, Timestamp};
use crate::secret::Secret;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const ORDER: [KeyKind; 2] = [KeyKind::Age, KeyKind::Pgp];

/// A service that keeps the secret in hexadecimal, says what it was asked, and fails for keys whose
/// `arn` is `broken`.
#[derive(Clone, Default)]
struct Open(Arc<Mutex<Vec<String>>>);

impl Open {
    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl KeyService for Open {
    fn handles(&self, kind: KeyKind) -> bool {
        matches!(kind, KeyKind::Kms | KeyKind::GcpKms)
    }

    fn wrap(&self, key: &MasterKey, secret: &[u8]) -> Result<String, KeyError> {
        if key.recipient() == "broken" {
            return Err(KeyError::Denied("no".into()));
        }
        Ok(secret.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn unwrap(&self, key: &MasterKey, effort: Effort) -> Result<Secret, KeyError> {
        self.0.lock().unwrap().push(format!("{} {effort:?}", key.recipient()));
        let quiet = key.recipient().starts_with("quiet");
        if effort == Effort::Quiet && !quiet {
            return Err(KeyError::Postponed);
        }
        let enc = key.enc().ok_or(KeyError::Denied("no".into()))?;
        let byte = |i| u8::from_str_radix(&enc[i..i + 2], 16).unwrap();
        Ok(Secret::new((0..enc.len()).step_by(2).map(byte).collect()))
    }
}

fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-21T20:59:26Z").unwrap()
}

fn kms(arn: &str) -> MasterKey {
    MasterKey { kind: KeyKind::Kms, fields: vec![("arn".into(), Data::str(arn))] }
}

fn gcp(id: &str) -> MasterKey {
    MasterKey { kind: KeyKind::GcpKms, fields: vec![("resource_id".into(), Data::str(id))] }
}

fn groups(keys: &[&[MasterKey]]) -> Vec<KeyGroup> {
    keys.iter().map(|keys| KeyGroup::new(keys.to_vec())).collect()
}

#[test]
fn a_wrapped_key_is_recovered_with_any_threshold() {
    let services = Services::new().with(Open::default());
    let key = DataKey::generate().unwrap();
    for (count, threshold) in [(1, 0), (1, 7), (2, 0), (2, 2), (3, 2), (5, 3), (255, 255), (255, 2)] {
        let mut groups = vec![KeyGroup::new(vec![kms("a")]); count];
        wrap_all(&key, &mut groups, threshold, &services, now()).unwrap();
        let length = groups[0].keys[0].enc().unwrap().len();
        assert_eq!(length, if count == 1 { 64 } else { 66 });
        assert_eq!(groups[0].keys[0].created_at(), Some(now()));
        assert!(recover(&groups, threshold, &services, &ORDER).unwrap().same_as(&key));
    }
}

#[test]
fn files_of_sops_with_groups_open_with_enough_identities() {
    let all = groups(&[
        &[entry(RECIPIENT_A, "shamir-2of3-1")],
        &[entry(RECIPIENT_B, "shamir-2of3-2")],
        &[entry("age1c", "shamir-2of3-3")],
    ]);
    let c = super::age::testing::text("c.txt");
    let with = |identities: &[&str]| Services::new().with(service(&identities.join("\n")));
    let whole = recover(&all, 2, &with(&[IDENTITY_A, IDENTITY_B, &c]), &ORDER).unwrap();
    for identities in [[IDENTITY_A, IDENTITY_B], [IDENTITY_A, &c], [&c, IDENTITY_B]] {
        assert!(recover(&all, 2, &with(&identities), &ORDER).unwrap().same_as(&whole));
        // The threshold may be missing.
        assert!(recover(&all, 0, &with(&identities), &ORDER).unwrap().same_as(&whole));
    }
    let error = recover(&all, 2, &with(&[IDENTITY_B]), &ORDER).unwrap_err();
    assert_eq!(error.problem, RecoverProblem::NotEnough { recovered: 1, needed: 2 });
    assert_eq!(
        error.lines(MasterKey::short_recipient),
        [
            "group 1 of 3, 2 groups needed:",
            "  age      age1rh8v…ynmu3   your identity does not match",
            "group 2 of 3: opened",
            "group 3 of 3, 2 groups needed:",
            "  age      age1c            your identity does not match",
        ]
    );
}

#[test]
fn a_kind_without_a_service_does_not_stop_the_others() {
    let pgp = MasterKey { kind: KeyKind::Pgp, fields: vec![("fp".into(), Data::str("0621"))] };
    let mixed = groups(&[
        &[entry(RECIPIENT_A, "shamir-mixed-groups-1"), entry("age1x", "shamir-mixed-groups-2")],
        &[pgp],
        &[entry(RECIPIENT_B, "shamir-mixed-groups-3")],
    ]);
    let services = Services::new().with(service(&format!("{IDENTITY_A}\n{IDENTITY_B}")));
    assert_eq!(recover(&mixed, 2, &services, &ORDER).unwrap().as_bytes().len(), 32);
    let error = recover(&mixed, 3, &services, &ORDER).unwrap_err();
    assert_eq!(error.groups[1].attempts[0].error, KeyError::NotSupported(KeyKind::Pgp));
}

#[test]
fn no_more_is_tried_than_needed_and_in_the_order_asked_for() {
    let open = Open::default();
    let services = Services::new().with(open.clone());
    let key = DataKey::generate().unwrap();
    let mut all = groups(&[&[kms("a"), gcp("g"), kms("quiet")], &[kms("b")], &[kms("c")]]);
    wrap_all(&key, &mut all, 2, &services, now()).unwrap();
    let order = [KeyKind::GcpKms];
    assert!(recover(&all, 2, &services, &order).unwrap().same_as(&key));
    assert_eq!(open.seen(), ["g Quiet", "g Full", "b Quiet", "b Full"]);
    assert!(recover(&all, 2, &services, &ORDER).unwrap().same_as(&key));
    assert_eq!(open.seen(), ["a Quiet", "quiet Quiet", "b Quiet", "b Full"]);
}

#[test]
fn no_passphrase_is_asked_for_while_another_key_of_the_group_opens() {
    let ask = Scripted::new("wrong");
    let sources = IdentitySources {
        key_file: Some(path("a-passphrase.age")),
        identity_files: vec![path("b.txt")],
        ..IdentitySources::default()
    };
    let services = Services::new().with(AgeService::new(sources, ask.clone()));
    let group = groups(&[&[entry(RECIPIENT_A, "recipients-2-1"), entry(RECIPIENT_B, "recipients-2-2")]]);
    assert!(recover(&group, 0, &services, &ORDER).is_ok());
    assert_eq!(ask.asked(), [""; 0]);
}

#[test]
fn the_report_names_the_places_looked_at() {
    let sources = IdentitySources { key_file: Some("/no/such".into()), ..IdentitySources::default() };
    let services = Services::new().with(AgeService::new(sources, Arc::new(super::Nobody)));
    let group = groups(&[&[entry(RECIPIENT_A, "recipients-2-1"), entry(RECIPIENT_B, "recipients-2-2")]]);
    let error = recover(&group, 0, &services, &ORDER).unwrap_err();
    assert_eq!(
        error.lines(MasterKey::short_recipient),
        [
            "group 1 of 1, one key needed:",
            "  age      age1rh8v…ynmu3   no identity could be used",
            "  age      age1jhtf…slnvp   no identity could be used",
            "places looked at:",
            "  SOPS_AGE_KEY_FILE=/no/such: does not exist",
        ]
    );
}

/// A service that is never there.
struct Down;

impl KeyService for Down {
    fn handles(&self, _: KeyKind) -> bool {
        true
    }

    fn wrap(&self, _: &MasterKey, _: &[u8]) -> Result<String, KeyError> {
        Err(KeyError::Network { service: "unix:///x".into(), reason: "gone".into() })
    }

    fn unwrap(&self, _: &MasterKey, effort: Effort) -> Result<Secret, KeyError> {
        match effort {
            Effort::Quiet => Err(KeyError::Postponed),
            Effort::Full => {
                Err(KeyError::TimedOut { service: "unix:///x".into(), after: Duration::from_secs(10) })
            }
        }
    }
}

#[test]
fn each_service_that_was_asked_is_in_the_report() {
    let services =
        || Services::new().with(AgeService::new(IdentitySources::default(), Arc::new(super::Nobody)));
    let group = groups(&[&[entry(RECIPIENT_A, "recipients-2-1")]]);
    let error = recover(&group, 0, &services().with(Down), &ORDER).unwrap_err();
    let lines = error.lines(MasterKey::short_recipient);
    assert_eq!(
        lines[..3],
        [
            "group 1 of 1, one key needed:",
            "  age      age1rh8v…ynmu3   no identity was found",
            "                            unix:///x gave no answer in 10 s",
        ]
    );
    assert!(error.timed_out() && !error.has_no_service());
    assert!(!recover(&group, 0, &services(), &ORDER).unwrap_err().timed_out());
    assert!(recover(&group, 0, &Services::new(), &ORDER).unwrap_err().has_no_service());

    // What one cannot wrap, another may.
    let (key, secret) = (MasterKey::age(RECIPIENT_A), [7; 32]);
    assert!(Services::new().with(Down).with(service("")).wrap(&key, &secret).is_ok());
    let error = services().with(Down).wrap(&MasterKey::age("x"), &secret).unwrap_err().to_string();
    assert!(error.ends_with("; unix:///x is not reachable: gone"), "{error}");
    assert_eq!(Services::new().wrap(&key, &secret), Err(KeyError::NoService));
}

#[test]
fn shares_that_do_not_fit_are_an_error() {
    let services = Services::new().with(Open::default());
    let with = |encs: [&str; 2]| {
        let mut all = groups(&[&[kms("a")], &[kms("b")]]);
        all.iter_mut().zip(encs).for_each(|(group, enc)| group.keys[0].set_enc(enc.into()));
        recover(&all, 2, &services, &ORDER).unwrap_err().problem
    };
    assert_eq!(with(["0101", "0201"]), RecoverProblem::Shares(CombineError::Duplicate));
    assert_eq!(with(["0101", "020102"]), RecoverProblem::Shares(CombineError::Length));
    assert_eq!(with(["0101", "0200"]), RecoverProblem::Shares(CombineError::Zero));
}

#[test]
fn a_file_without_keys_is_an_error() {
    let services = Services::new();
    let problem = |groups: &[KeyGroup]| recover(groups, 0, &services, &ORDER).unwrap_err().problem;
    assert_eq!(problem(&[]), RecoverProblem::NoKeys);
    assert_eq!(problem(&groups(&[&[], &[]])), RecoverProblem::NoKeys);
}

#[test]
fn wrapping_checks_its_limits_and_changes_nothing_on_failure() {
    let services = Services::new().with(Open::default());
    let key = DataKey::generate().unwrap();
    let wrap = |groups: &mut [KeyGroup], threshold| wrap_all(&key, groups, threshold, &services, now());
    let mut two = groups(&[&[kms("a")], &[kms("b")]]);
    assert_eq!(wrap(&mut [], 0), Err(WrapError::NoGroups));
    assert_eq!(wrap(&mut groups(&[&[kms("a")], &[]]), 0), Err(WrapError::EmptyGroup(2)));
    assert_eq!(wrap(&mut two, 1), Err(WrapError::Threshold { threshold: 1, groups: 2 }));
    assert_eq!(wrap(&mut two, 3), Err(WrapError::Threshold { threshold: 3, groups: 2 }));
    assert_eq!(wrap(&mut two, 300), Err(WrapError::Threshold { threshold: 300, groups: 2 }));
    let mut many = vec![KeyGroup::new(vec![kms("a")]); 256];
    assert_eq!(wrap(&mut many, 2), Err(WrapError::TooManyGroups(256)));

    let mut one = groups(&[&[kms("a"), kms("broken"), MasterKey::age("age1nonsense")]]);
    let before = one.clone();
    let Err(WrapError::Keys(failures)) = wrap(&mut one, 0) else { panic!("wrapped") };
    let texts: Vec<String> = failures.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        ["kms broken: access denied: no", "age age1nonsense: this release does not talk to age yet"]
    );
    assert_eq!(one, before);
}
