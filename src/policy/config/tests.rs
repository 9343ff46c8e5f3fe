//! Rules as SOPS takes them, and every complaint with its place.

use super::*;
use crate::keys::MasterKey;
use crate::sops::selector::SelectorKind;

const AGE: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
const OTHER: &str = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg";

/// A configuration in `/srv/r`; `AGE` and `OTHER` stand for recipients.
fn config(text: &str) -> Config {
    let text = text.replace("AGE", AGE).replace("OTHER", OTHER);
    Config::parse(text.as_bytes(), ".sops.yaml", Path::new("/srv/r")).unwrap()
}

fn rule<'c>(config: &'c Config, path: &str) -> Result<&'c CreationRule, RuleError> {
    config.rule_for(Path::new(path), Path::new("/srv/r"))
}

fn recipients(rule: &CreationRule) -> Vec<Vec<String>> {
    rule.groups.iter().map(|group| group.keys.iter().map(MasterKey::recipient).collect()).collect()
}

/// `line:column: message`, with the detail and the hint.
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

#[test]
fn paths_are_matched_from_the_folder_of_the_file() {
    // As SOPS 3.11 decides, for a configuration in /srv/r.
    for (regex, path, matches) in [
        ("^a/", "a/b/x.yaml", true),
        ("^a/", "./a/../a/b/x.yaml", true),
        ("^a/", "/srv/r/a/b/x.yaml", true),
        ("^a/", "../other/y.yaml", false),
        ("^a/", "../r/a/y.yaml", true),
        ("^/", "a/b/x.yaml", false),
        ("^/", "../other/y.yaml", true),
        ("^/srv/other/", "../other/y.yaml", true),
        (r"^\.\./", "../other/y.yaml", false),
        ("^a/b/x.yaml$", "a//b/x.yaml", true),
        ("^a//b", "a//b/x.yaml", false),
        ("/r/a", "a/b/x.yaml", false),
        ("^srv", "/srv/r2/x", false),
        ("^/srv/r2/x$", "/srv/r2/x", true),
        ("A", "a", false),
        ("", "a", true),
    ] {
        let config = config(&format!("creation_rules: [{{path_regex: '{regex}', age: AGE}}]"));
        assert_eq!(rule(&config, path).is_ok(), matches, "{regex} on {path}");
    }
}

#[test]
fn the_current_folder_may_be_another_one() {
    let config = config("creation_rules: [{path_regex: ^a/b/, age: AGE}]");
    assert!(config.rule_for(Path::new("b/x"), Path::new("/srv/r/a")).is_ok());
    assert!(config.rule_for(Path::new("b/x"), Path::new("/srv/r")).is_err());
}

#[test]
fn the_first_match_wins() {
    let config = config(
        "creation_rules:\n- path_regex: ^a\n  age: AGE\n- # nothing\n- path_regex: ^b\n  age: OTHER\n",
    );
    assert_eq!(recipients(rule(&config, "a").unwrap()), [[AGE]]);
    assert_eq!(recipients(rule(&config, "b").unwrap()), [[OTHER]]);
    assert_eq!(rule(&config, "b").unwrap().index, 2);
    assert_eq!(rule(&config, "c"), Err(RuleError::NoMatch));
}

#[test]
fn no_rules_are_told_from_an_empty_list() {
    for text in ["", "# nothing", "---", "creation_rules:", "stores: {}"] {
        assert!(config(text).creation_rules.is_none(), "{text}");
    }
    assert_eq!(rule(&config("creation_rules: []"), "a"), Err(RuleError::NoMatch));
}

#[test]
fn flat_keys_are_strings_or_lists_in_a_fixed_order() {
    let config = config(concat!(
        "creation_rules:\n",
        "- hckms: ['tr-west-1:u']\n",
        "  kms: arn:aws:kms:us-east-1:1:key/x\n",
        "  aws_profile: me\n",
        "  pgp: >-\n    AAAA,\n    BBBB,\n",
        "  age: ['AGE,OTHER', ' AGE ', '']\n",
    ));
    let rule = rule(&config, "x").unwrap();
    let wanted = [AGE, OTHER, AGE, "AAAA", "BBBB", "arn:aws:kms:us-east-1:1:key/x", "tr-west-1:u"];
    assert_eq!(recipients(rule), [wanted]);
    assert_eq!(rule.groups[0].keys[5].text("aws_profile"), Some("me"));
}

#[test]
fn groups_merge_and_have_each_key_once() {
    let config = config(concat!(
        "creation_rules:\n",
        "- shamir_threshold: 2\n",
        "  key_groups:\n",
        "  - age: [OTHER]\n",
        "    merge:\n",
        "    - pgp: [AAAA]\n",
        "      merge: [{age: [AGE, AGE]}]\n",
        "    - age: [AGE]\n",
        "  - kms: [{arn: 'arn:aws:kms:us-east-1:1:key/x', role: 'arn:aws:iam::1:role/r', context: {a: b}}]\n",
        "    gcp_kms: [{resource_id: projects/p/locations/l/keyRings/r/cryptoKeys/k}]\n",
        "    azure_keyvault: [{vaultUrl: 'https://v', key: k}]\n",
        "    hc_vault: ['http://v/v1/transit/keys/k']\n",
        "    hckms: [{key_id: 'r:u'}]\n",
    ));
    let rule = rule(&config, "x").unwrap();
    let recipients = recipients(rule);
    assert_eq!(recipients[0], [AGE, "AAAA", OTHER]);
    assert_eq!(recipients[1].len(), 5);
    assert_eq!(recipients[1][0], "arn:aws:kms:us-east-1:1:key/x+arn:aws:iam::1:role/r");
    assert_eq!(rule.groups[1].keys[0].field("context").unwrap().get("a").unwrap().as_str(), Some("b"));
    assert_eq!(config.keys_of(rule).unwrap().len(), 2);
    assert_eq!(config.lint().len(), 1, "the PGP key without a fingerprint");
}

#[test]
fn merge_keys_and_anchors_are_resolved() {
    let config = config("x: &b\n  age: AGE\ncreation_rules:\n- <<: *b\n  path_regex: a\n");
    assert_eq!(recipients(rule(&config, "a").unwrap()), [[AGE]]);
}

#[test]
fn only_the_first_document_counts() {
    assert!(rule(&config("creation_rules: [{age: AGE}]\n---\n{"), "a").is_ok());
}

#[test]
fn scalars_count_as_their_text_and_words_as_truth_values() {
    let config = config("creation_rules:\n- path_regex: 16\n  mac_only_encrypted: yes\n  age: AGE\n");
    assert!(rule(&config, "a16").unwrap().mac_only_encrypted);
}

#[test]
fn selectors_stores_and_seal_are_read() {
    let config = config(concat!(
        "creation_rules: [{encrypted_regex: ^data$, unencrypted_suffix: '', age: AGE}]\n",
        "stores: {yaml: {indent: 2}, json: {indent: -1}, json_binary: {indent: 0}, ini: {}}\n",
        "seal: {require_strict: true, recipients: {}, roles: {}, max_age: 2w, audit: x, merge: y}\n",
    ));
    let selector = rule(&config, "a").unwrap().selector().unwrap();
    assert_eq!((selector.kind, &selector.text[..]), (SelectorKind::EncryptedRegex, "^data$"));
    let stores = Stores { yaml_indent: Some(2), json_indent: Some(-1), json_binary_indent: Some(0) };
    assert_eq!(config.stores, stores);
    assert!(config.seal.require_strict);
    assert_eq!(config.seal.max_age, Some(time::Duration::days(14)));
    assert_eq!(config.lint(), []);
}

#[test]
fn a_strictness_that_cannot_be_read_is_strict() {
    for (text, strict) in [("maybe", true), ("1", true), ("[no]", true), ("off", false), ("~", false)] {
        assert_eq!(
            config(&format!("seal: {{require_strict: {text}}}\n")).seal.require_strict,
            strict,
            "{text}"
        );
    }
}

#[test]
fn destination_rules_are_kept() {
    use crate::policy::Destination;
    let config = config(concat!(
        "destination_rules:\n",
        "- s3_bucket: b\n  path_regex: ^a\n  recreation_rule: {pgp: AAAA}\n",
        "- vault_path: p\n  vault_kv_version: 1\n  recreation_rule: {}\n",
    ));
    let [s3, vault] = &config.destination_rules[..] else { panic!("two rules") };
    assert_eq!(s3.destinations, [Destination::S3 { bucket: "b".into(), prefix: String::new() }]);
    assert!(s3.recreation_rule.is_some() && vault.recreation_rule.is_none());
    let (path, mount) = ("p".to_owned(), "secret/".to_owned());
    assert_eq!(vault.destinations, [Destination::Vault { path, address: String::new(), mount, version: 1 }]);
}

#[test]
fn a_broken_rule_matters_where_it_is_reached() {
    let text = "creation_rules:\n- path_regex: ^a\n  age: AGE\n- path_regex: '(b'\n  age: 5\n";
    let config = config(text);
    assert!(rule(&config, "a").is_ok());
    let Err(RuleError::Problem(problem)) = rule(&config, "b") else { panic!("must fail") };
    let failure = config.failure(&problem, "nothing was encrypted");
    assert_eq!(failure.headline, "`path_regex` is not a valid pattern; nothing was encrypted");
    assert_eq!(failure.causes, ["a group opened here is never closed"]);
    assert_eq!(failure.place.unwrap().to_string(), ".sops.yaml:4:16");
}

#[test]
fn a_rule_that_is_matched_must_be_whole() {
    for (fields, message) in [
        ("age: 5", "`age` must be a string or a list of strings, not a number"),
        ("age: age1xyz", "a recipient is not well-formed"),
        ("age: AGE, encrypted_regex: '(', path_regex: x", "`encrypted_regex` is not a valid pattern"),
        ("key_groups: [{age: AGE}]", "`age` must be a list, not a string"),
        ("shamir_threshold: x", "`shamir_threshold` must be a whole number, not a string"),
        ("shamir_threshold: -1", "`shamir_threshold` must not be negative"),
        ("mac_only_encrypted: 1", "`mac_only_encrypted` must be true or false, not a number"),
        (
            "encrypted_regex: a, unencrypted_suffix: b",
            "`encrypted_regex` and `unencrypted_suffix` are in the same rule; only one selector can be used",
        ),
    ] {
        let config = config(&format!("creation_rules: [{{{fields}}}]"));
        let Err(RuleError::Problem(problem)) = rule(&config, "x") else { panic!("{fields} must fail") };
        assert_eq!(problem.message, message);
    }
    for text in ["creation_rules: {}", "creation_rules: x"] {
        assert!(matches!(rule(&config(text), "x"), Err(RuleError::Problem(_))), "{text}");
    }
}

#[test]
fn missing_keys_stop_only_those_who_need_them() {
    for (fields, message) in [
        ("encrypted_regex: a", "creation rule 1 has no keys"),
        ("key_groups: [{age: [AGE]}, {}]", "key group 2 has no keys"),
        (
            "shamir_threshold: 3, key_groups: [{age: [AGE]}, {age: [OTHER]}]",
            "`shamir_threshold` needs 3 key groups, the rule has 2",
        ),
    ] {
        let config = config(&format!("creation_rules: [{{{fields}}}]"));
        let rule = rule(&config, "x").unwrap();
        assert_eq!(config.keys_of(rule).unwrap_err().message, message);
    }
}

#[test]
fn every_complaint_has_its_place() {
    for (text, wanted) in [
        (
            "creation_rules:\n  - path_regexp: a\n    age: AGE\n",
            &["2:5: unknown field `path_regexp` has no effect (did you mean `path_regex`?)"][..],
        ),
        (
            "creation_rule: []\n",
            &["1:1: unknown field `creation_rule` has no effect (did you mean `creation_rules`?)"],
        ),
        (
            "seal: {a: 1, nonsense: 2}\n",
            &["1:8: unknown field `a` has no effect", "1:14: unknown field `nonsense` has no effect"],
        ),
        (
            "creation_rules:\n- path_regex: \"a\\\\.[b\"\n  age: AGE\n",
            &["2:20: `path_regex` is not a valid pattern: a class opened here is never closed"],
        ),
        (
            "creation_rules:\n- age: AGE\n  encrypted_regex: 'it''s*+'\n",
            &["3:27: `encrypted_regex` is not a valid pattern: a repetition cannot be repeated"],
        ),
        (
            "creation_rules:\n- age: AGE\n  encrypted_regex: >-\n    a\n    (\n",
            &["3:20: `encrypted_regex` is not a valid pattern: a group opened here is never closed"],
        ),
        (
            "creation_rules:\n- age: AGE\n  encrypted_regex: a\n  unencrypted_suffix: b\n",
            &[
                "4:3: `encrypted_regex` and `unencrypted_suffix` are in the same rule; only one selector can be used",
            ],
        ),
        (
            "creation_rules:\n- age: AGE\n- path_regex: a\n  age: OTHER\n",
            &[
                "3:3: creation rule 2 is never used: rule 1 takes every file (move the rule that takes every file to the end)",
            ],
        ),
        (
            "creation_rules:\n- {path_regex: .*, age: AGE}\n- {age: OTHER}\n",
            &[
                "3:3: creation rule 2 is never used: rule 1 takes every file (move the rule that takes every file to the end)",
            ],
        ),
        (
            "creation_rules:\n- {path_regex: a, age: AGE}\n- {path_regex: a, age: OTHER}\n",
            &["3:16: creation rule 2 is never used: rule 1 has its `path_regex`"],
        ),
        (
            "creation_rules:\n- age: AGE\n  key_groups: [{age: [OTHER]}]\n",
            &["2:3: keys beside `key_groups` have no effect (move them into a group of `key_groups`)"],
        ),
        ("creation_rules:\n- key_groups:\n  - age: [AGE]\n  - {}\n", &["4:5: key group 2 has no keys"]),
        (
            "creation_rules:\n- shamir_threshold: 2\n  age: AGE\n",
            &["2:21: `shamir_threshold` needs 2 key groups, the rule has 1"],
        ),
        (
            "creation_rules:\n- age:\n  - AGE\n  - [x]\n",
            &["4:5: an element of `age` must be a string, not a list"],
        ),
        (
            "creation_rules:\n- gcp_kms: projects/p/locations/l/keyRings/r/cryptoKeys/k, projects\n",
            &[
                "2:60: a recipient is not well-formed: not a gcp_kms recipient; expected projects/PROJECT/locations/PLACE/keyRings/RING/cryptoKeys/KEY",
            ],
        ),
        (
            "creation_rules:\n- pgp: alice\n",
            &[
                "2:8: a PGP key is not named by its fingerprint of 40 hex digits (gpg --list-keys --with-colons)",
            ],
        ),
        (
            "creation_rules:\n- key_groups:\n  - kms:\n    - {arn: x, profile: y}\n",
            &[
                "4:7: a recipient is not well-formed: not a kms recipient; expected arn:aws:kms:REGION:ACCOUNT:key/ID, with +ROLE-ARN if need be",
                "4:16: unknown field `profile` has no effect",
            ],
        ),
        ("stores: {yaml: {indent: -2}}\n", &["1:25: `indent` of YAML must not be negative"]),
        (
            "destination_rules:\n- s3_bucket: a\n  vault_path: b\n- path_regex: ')'\n",
            &[
                "2:3: a destination rule has more than one destination",
                "4:16: `path_regex` is not a valid pattern: `)` without a group to close",
            ],
        ),
    ] {
        assert_eq!(lint(text), wanted, "{text}");
    }
}

#[test]
fn what_is_no_yaml_is_refused_with_its_place() {
    for (text, place, word) in [
        ("a: 1\nstores: {}\nstores: {}\n", "3:1", "twice"),
        ("- a\n", "", "the top level is not a map"),
        ("a: *b\n", "1:4", "anchor"),
        ("a: [\n", "1:4", ""),
    ] {
        let error = Config::parse(text.as_bytes(), "x", Path::new("/")).unwrap_err();
        let ConfigError::Invalid { message, place: found, .. } = &error else { panic!("{error}") };
        let found = found.as_ref().map_or(String::new(), |p| format!("{}:{}", p.line, p.column));
        assert_eq!(found, place, "{text}");
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn a_hostile_file_is_refused_in_time() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for level in 1..30 {
        let before = format!("*a{},", level - 1).repeat(9);
        bomb.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    assert!(Config::parse(bomb.as_bytes(), "x", Path::new("/")).is_err());
    for open in ["[", "{", "- ", "[{a: ", "? "] {
        let deep = format!("a:\n  {}", open.repeat(100_000));
        assert!(Config::parse(deep.as_bytes(), "x", Path::new("/")).is_err(), "{open}");
    }
}

#[test]
fn a_file_is_loaded_from_its_folder() {
    let folder = crate::io::testing::Folder::new();
    folder.file(".sops.yaml", format!("creation_rules: [{{path_regex: ^x$, age: {AGE}}}]").as_bytes());
    let config = Config::load(Path::new(".sops.yaml"), &folder.0).unwrap();
    assert!(config.rule_for(Path::new("x"), &folder.0).is_ok());
    let error = Config::load(Path::new("none.yaml"), &folder.0).unwrap_err();
    let failure = Failure::from(&error);
    assert_eq!(failure.headline, "cannot read the configuration `none.yaml`");
    assert_eq!(failure.causes, ["there is no such file"]);
}
