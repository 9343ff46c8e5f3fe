//! Names, roles and grants: the keys they give, and every complaint with its place.

use crate::keys::MasterKey;
use crate::policy::{Config, Drift, RuleError};
use std::path::Path;

const A: &str = "age1rh8vkdkhqetmk6qs8v8jxuxlky0c9s2c8aeflydjyv87cs5tgaqq9ynmu3";
const B: &str = "age1jhtfnxg0f4pn5v2kh2yy7k8k5ct406ckxxqcnmg8me2k9akelplqlslnvp";
const C: &str = "age12emss458rkzan5e26umy9flrv0752322ys0fpst2alfl000505vs4yyzvh";
const PGP: &str = "0621C0E444BD109AEEA0F43746538F0B3AE70632";

/// A configuration in `/r`; `$A` and so on stand for recipients.
fn config(text: &str) -> Config {
    let text = text.replace("$A", A).replace("$B", B).replace("$C", C).replace("$P", PGP);
    Config::parse(text.as_bytes(), ".sops.yaml", Path::new("/r")).unwrap()
}

fn shown(config: &Config, keys: &[MasterKey]) -> Vec<String> {
    keys.iter().map(|key| config.shown(key)).collect()
}

fn lint(text: &str) -> Vec<String> {
    let config = config(text);
    let warnings = config.warnings(&config.lint());
    let shown = warnings.iter().map(|warning| {
        let place = warning.place.as_ref().unwrap();
        let hint = warning.hints.first().map_or(String::new(), |hint| format!(" ({hint})"));
        format!("{}:{}: {}{hint}", place.line, place.column, warning.headline)
    });
    shown.collect()
}

const TEAM: &str = "\
creation_rules:
  - path_regex: ^a/
    age: $A,$B
  - path_regex: ^b/
    age: $C
seal:
  recipients:
    ann: $A
    bob: {age: [$B], pgp: $P}
    ci: $C
  roles:
    admin: [ann, bob]
  grants:
    - path_regex: ^a/
      to: [ci, admin]
";

#[test]
fn a_rule_has_the_keys_of_its_grant_and_the_rest_is_drift() {
    let config = config(TEAM);
    let rule = config.rule_for(Path::new("a/x.yaml"), Path::new("/r")).unwrap();
    assert_eq!(shown(&config, &config.keys_of(rule).unwrap()[0].keys), ["ci", "ann", "bob", "bob"]);
    assert_eq!(config.granted(rule).unwrap().unwrap(), rule.groups[0].keys);
    assert_eq!(shown(&config, &rule.written), ["ann", "bob"]);
    let [Drift { rule: 0, path_regex, missing, extra }] = &config.drift()[..] else { panic!("one drift") };
    assert_eq!((path_regex.as_str(), &extra[..]), ("^a/", &[][..]));
    assert_eq!(missing.iter().map(MasterKey::recipient).collect::<Vec<_>>(), [C, PGP]);
    assert_eq!(
        lint(TEAM),
        [
            "2:5: the keys written in creation rule 1 are not those of its grants: missing `ci`, `bob` (write them for sops too: seal access --write)"
        ]
    );
    let plain = config.rule_for(Path::new("b/x.yaml"), Path::new("/r")).unwrap();
    assert!(config.granted(plain).is_none() && config.grant_of(plain).is_none());
}

#[test]
fn written_keys_in_another_order_are_no_drift() {
    let config = config(
        &TEAM.replace("age: $A,$B", "age: [$B, '$C, $A']\n    pgp: 0621c0e444bd109aeea0f43746538f0b3ae70632"),
    );
    assert_eq!(config.drift(), []);
}

#[test]
fn a_rule_by_grants_needs_no_keys_of_its_own() {
    let config = config(&TEAM.replace("    age: $A,$B\n", ""));
    let rule = config.rule_for(Path::new("a/x"), Path::new("/r")).unwrap();
    assert_eq!(config.keys_of(rule).unwrap()[0].keys.len(), 4);
    assert_eq!(config.drift()[0].missing.len(), 4);
    assert_eq!(config.lint().len(), 1);
}

#[test]
fn the_rule_of_all_files_takes_the_grant_without_a_pattern() {
    let config = config("creation_rules: [{age: $A}]\nseal: {recipients: {ann: $A}, grants: [{to: ann}]}\n");
    assert_eq!(config.creation_rules.as_ref().unwrap()[0].grant, Some(0));
    assert_eq!(config.lint(), []);
}

#[test]
fn a_grant_that_cannot_be_resolved_stops_its_rule_only() {
    for (text, path) in [
        (TEAM.replace("[ci, admin]", "[ci, admins]"), "a/x"),
        (TEAM.replace("[ann, bob]", "[ann, bert]"), "a/x"),
        (TEAM.replace("ci: $C", "ci: age1x"), "a/x"),
    ] {
        let config = config(&text);
        let Err(RuleError::Problem(_)) = config.rule_for(Path::new(path), Path::new("/r")) else {
            panic!("must fail: {text}")
        };
        assert!(config.rule_for(Path::new("b/x"), Path::new("/r")).is_ok(), "{text}");
        assert_eq!(config.drift(), []);
    }
}

#[test]
fn keys_are_known_by_name_in_any_spelling() {
    let config = config(
        "seal: {recipients: {ann: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKoPRRKjFDBGBBkRRMUYtZXo6BrQGt4aS0SSO8l0ys me, x: {pgp: $P}}}\n",
    );
    let ssh = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKoPRRKjFDBGBBkRRMUYtZXo6BrQGt4aS0SSO8l0ys other";
    assert_eq!(config.lint(), []);
    assert_eq!(config.name_of(&MasterKey::age(ssh)), Some("ann"));
    assert_eq!(config.name_of(&MasterKey::age(A)), None);
    assert_eq!(config.shown(&MasterKey::age(A)), "age1rh8v…ynmu3");
}

#[test]
fn every_complaint_has_its_place() {
    let rules = "creation_rules: [{path_regex: ^a/, age: $A}]\n";
    for (text, wanted) in [
        (
            "seal: {recipients: {ann: age1x}}\n",
            &[
                "2:26: a recipient is not well-formed: malformed X25519 recipient: its checksum or spelling is wrong",
            ][..],
        ),
        ("seal: {recipients: {ann: {}}}\n", &["2:26: a recipient has no key"]),
        (
            "seal: {recipients: {ann: 5}}\n",
            &["2:26: `ann` must be a key, a list of keys or a map from kinds to keys, not a number"],
        ),
        (
            "seal: {recipients: {ann: {agee: $A}}}\n",
            &[
                "2:26: a recipient has no key",
                "2:27: unknown field `agee` has no effect (did you mean `age`?)",
            ],
        ),
        (
            "seal: {recipients: {a b: $A}}\n",
            &[
                "2:21: `a b` cannot be a name: a name has letters, digits and . _ - @ + only, begins with a letter or digit, and is not a key",
            ],
        ),
        (
            "seal: {recipients: {ann: $A, bob: $A}}\n",
            &["2:90: `bob` has a key of `ann`, which is shown by that name"],
        ),
        (
            "seal:\n  recipients: {ann: $A}\n  roles:\n    ann: [ann]\n",
            &["5:5: `ann` is a recipient and a role; one of them needs another name"],
        ),
        (
            "seal:\n  recipients: {ann: $A}\n  roles:\n    admin: [anna]\n",
            &["5:13: `anna` is not the name of a recipient (did you mean `ann`?)"],
        ),
        (
            "seal:\n  recipients: {ann: $A}\n  roles:\n    admin: [ann]\n    all:\n      - ann\n      - admin\n",
            &["8:9: `admin` is a role; a role holds recipients only"],
        ),
        (
            "seal:\n  recipients: {ann: $A}\n  roles:\n    admin: [ann, ann]\n",
            &["5:18: `ann` stands here twice"],
        ),
        (
            "seal:\n  recipients: {ann: $A}\n  grants:\n    - path_regex: ^b/\n      to: ann\n",
            &[
                "5:19: no creation rule has the `path_regex` of this grant (give the grant exactly the `path_regex` of a creation rule)",
            ],
        ),
        (
            "seal:\n  recipients: {ann: $A}\n  grants:\n    - to: ann\n",
            &[
                "5:7: the grant has no `path_regex`, and no creation rule is without one (give the grant exactly the `path_regex` of a creation rule)",
            ],
        ),
        (
            "seal:\n  recipients: {ann: $A}\n  grants:\n    - {path_regex: ^a/, to: [ann]}\n    - {path_regex: ^a/, to: [ann]}\n",
            &["6:20: grant 1 is for the same creation rule (join their lists `to`)"],
        ),
        (
            "seal:\n  recipients: {ann: $A}\n  grants:\n    - {path_regex: ^a/, to: [ops]}\n",
            &[
                "5:30: `ops` is not the name of a recipient or role (name its key in `recipients` of the section `seal`)",
            ],
        ),
        (
            "seal:\n  recipients: {ann: $A}\n  grants:\n    - {path_regex: ^a/}\n",
            &["5:7: a grant needs `to`: names of roles or recipients"],
        ),
        (
            "seal: {roles: {none: []}, grants: [{path_regex: ^a/, to: none}]}\n",
            &["1:18: the grants of creation rule 1 give no key"],
        ),
        (
            "seal: {max_age: 90}\n",
            &["2:17: `max_age` must be a number of days, weeks, months or years, such as 90d, 12w, 6m or 1y"],
        ),
        (
            "seal: {max_age: 999999999999999999y}\n",
            &["2:17: `max_age` must be a number of days, weeks, months or years, such as 90d, 12w, 6m or 1y"],
        ),
    ] {
        assert_eq!(lint(&format!("{rules}{text}")), wanted, "{text}");
    }
    let groups = "creation_rules: [{path_regex: ^a/, key_groups: [{age: [$A]}]}]\nseal: {recipients: {ann: $A}, grants: [{path_regex: ^a/, to: ann}]}\n";
    assert_eq!(
        lint(groups),
        [
            "2:113: creation rule 1 has `key_groups`, which grants cannot fill (remove the grant, or the `key_groups`)"
        ]
    );
}

#[test]
fn a_role_that_is_defined_twice_is_no_configuration() {
    let text = "seal:\n  roles:\n    admin: []\n    admin: []\n";
    let error = Config::parse(text.as_bytes(), "x", Path::new("/")).unwrap_err();
    assert!(error.to_string().contains("twice"), "{error}");
}

#[test]
fn ages_are_days() {
    for (text, days) in [("1d", 1), ("90d", 90), ("12w", 84), ("6m", 180), ("1y", 365)] {
        assert_eq!(
            config(&format!("seal: {{max_age: {text}}}")).seal.max_age,
            Some(time::Duration::days(days))
        );
    }
    for text in ["d", "", "-1d", "+1d", "0d", "1.5d", "90", "9 d", "1é", "1001y"] {
        let config = config(&format!("seal: {{max_age: '{text}'}}"));
        assert_eq!((config.seal.max_age, config.lint().len()), (None, 1), "{text}");
    }
}
