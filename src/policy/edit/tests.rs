//! Changes of a configuration: the text, and what it means.

use super::{EditError, Scope, Who};
use crate::keys::{KeyKind, MasterKey};
use crate::policy::Config;
use std::path::Path;

const A: &str = "age1rh8vkdkhqetmk6qs8v8jxuxlky0c9s2c8aeflydjyv87cs5tgaqq9ynmu3";
const B: &str = "age1jhtfnxg0f4pn5v2kh2yy7k8k5ct406ckxxqcnmg8me2k9akelplqlslnvp";
const C: &str = "age12emss458rkzan5e26umy9flrv0752322ys0fpst2alfl000505vs4yyzvh";
const PGP: &str = "0621C0E444BD109AEEA0F43746538F0B3AE70632";

fn long(text: &str) -> String {
    text.replace("$A", A).replace("$B", B).replace("$C", C).replace("$P", PGP)
}

fn config(text: &str) -> Config {
    Config::parse(long(text).as_bytes(), ".sops.yaml", Path::new("/r")).unwrap()
}

fn short(changed: Result<Config, EditError>) -> String {
    let text = String::from_utf8(changed.unwrap().text().to_vec()).unwrap();
    text.replace(A, "$A").replace(B, "$B").replace(C, "$C").replace(PGP, "$P")
}

const NAMES: &str = "seal:\n  recipients: {ann: $A, bob: $B, cyd: $C, eve: {age: $C, pgp: $P}}\n";

/// The text of the rule and after a change, with the names of `NAMES` known.
#[track_caller]
fn rule(before: &str, change: impl Fn(Config) -> Result<Config, EditError>, after: &str) {
    let names = NAMES.replace("cyd: $C, ", "");
    let found = short(change(config(&format!("{before}{names}"))));
    assert_eq!(found, format!("{after}{names}"));
}

fn add(config: Config) -> Result<Config, EditError> {
    config.grant(Who::Name("bob"), Scope::Rule(0))
}

fn remove(config: Config) -> Result<Config, EditError> {
    config.revoke(Who::Name("bob"), Scope::Rule(0))
}

#[test]
fn keys_go_in_and_out_of_every_layout() {
    for (without, with) in [
        ("creation_rules: [{age: $A}]\n", "creation_rules: [{age: '$A,$B'}]\n"),
        ("creation_rules:\n- age: $A # mine\n", "creation_rules:\n- age: $A,$B # mine\n"),
        ("creation_rules:\n- age: \"$A, $C\"\n", "creation_rules:\n- age: \"$A, $C, $B\"\n"),
        ("creation_rules:\n- age: $A,$C,\n", "creation_rules:\n- age: $A,$C,$B,\n"),
        ("creation_rules:\n- age: >-\n    $A\n\n", "creation_rules:\n- age: >-\n    $A,\n    $B\n\n"),
        (
            "creation_rules:\n- age: |\n    $A,\n    $C,\n  path_regex: x\n",
            "creation_rules:\n- age: |\n    $A,\n    $C,\n    $B,\n  path_regex: x\n",
        ),
        ("creation_rules:\n- age: [$A]\n", "creation_rules:\n- age: [$A, $B]\n"),
        (
            "creation_rules:\n- age: [\n    $A,\n    $C,\n  ]\n",
            "creation_rules:\n- age: [\n    $A,\n    $C,\n    $B,\n  ]\n",
        ),
        (
            "creation_rules:\n  - age:\n      # ours\n      - $A # ann\n      # end\n",
            "creation_rules:\n  - age:\n      # ours\n      - $A # ann\n      - $B\n      # end\n",
        ),
        ("creation_rules:\r\n- age:\r\n  - $A\r\n", "creation_rules:\r\n- age:\r\n  - $A\r\n  - $B\r\n"),
        (
            "creation_rules:\n- path_regex: ''\n  pgp: $P\n",
            "creation_rules:\n- path_regex: ''\n  pgp: $P\n  age: $B\n",
        ),
        (
            "creation_rules: [{pgp: $P, path_regex: ''}]\n",
            "creation_rules: [{pgp: $P, age: [$B], path_regex: ''}]\n",
        ),
    ] {
        if !without.contains("[{age") {
            rule(without, add, with);
        }
        rule(with, remove, &without.replace("[{age: $A", "[{age: '$A").replace("$A}]", "$A'}]"));
        rule(with, add, with);
        rule(without, remove, without);
    }
}

#[test]
fn the_last_key_stays() {
    for text in ["creation_rules: [{age: $B}]\n", "creation_rules:\n- age:\n  - $B\n"] {
        let config = config(&format!("{text}{NAMES}"));
        assert_eq!(remove(config).unwrap_err(), EditError::LastKey { rule: 0 }, "{text}");
    }
}

#[test]
fn names_have_all_their_keys() {
    rule(
        "creation_rules:\n- path_regex: x\n  age: $A\n",
        |config| config.grant(Who::Name("eve"), Scope::Rule(0)),
        "creation_rules:\n- path_regex: x\n  age: $A,$C\n  pgp: '$P'\n",
    );
    rule(
        "creation_rules:\n- path_regex: x\n  pgp: |-\n    0621 C0E4 44BD 109A EEA0 F437 4653 8F0B 3AE7 0632\n  age: $C,$A\n",
        |config| config.revoke(Who::Name("eve"), Scope::Rule(0)),
        "creation_rules:\n- path_regex: x\n  age: $A\n",
    );
}

#[test]
fn keys_without_a_name_stand_in_rules_by_keys() {
    let key = MasterKey::age(C);
    let text = "creation_rules: [{path_regex: a, age: [$A]}]\nseal: {recipients: {ann: $A}}\n";
    let changed = config(text).grant(Who::Key(&key), Scope::Rule(0));
    let with = text.replace("[$A]", "[$A, $C]");
    assert_eq!(short(changed), with);
    assert_eq!(short(config(&with).revoke_everywhere(Who::Key(&key))), text);
}

const TEAM: &str = "\
# our secrets
creation_rules:
  - path_regex: ^a/   # service a
    encrypted_regex: '^x'
    # by seal from grants: admin
    age: $A
  - path_regex: ^b/
    age: $B
  - age: $A,$B
seal:
  recipients:
    ann: $A # since 2019
    bob: $B
    cyd:
      age: $C
      pgp: $P
  roles:
    admin:
      - ann # the boss
    dev: [bob]
  grants:
    - path_regex: ^a/
      to: [admin]
    - {path_regex: ^b/, to: dev}
";

#[test]
fn keys_of_grants_are_written_and_marked() {
    let marked = TEAM.replace("    age: $B\n", "    # by seal from grants: dev\n    age: $B\n");
    assert_eq!(short(config(TEAM).write_granted_keys()), marked);
    assert_eq!(short(config(&marked).write_granted_keys()), marked, "again changes nothing");
    let text = marked.replace("to: [admin]", "to: [admin, cyd, dev]").replace("age: $A\n  -", "pgp: $P\n  -");
    let text = text.replace("    # by seal from grants: dev\n    age: $B\n", "");
    assert_eq!(
        short(config(&text).write_granted_keys()),
        marked.replace("to: [admin]", "to: [admin, cyd, dev]").replace(
            "grants: admin\n    age: $A",
            "grants: admin, cyd, dev\n    pgp: $P\n    age: >-\n      $A,\n      $C,\n      $B"
        )
    );
}

#[test]
fn a_mark_stands_above_a_rule_that_begins_with_its_keys() {
    let text =
        "creation_rules:\n  - age: $A\nseal: {recipients: {ann: $A, bob: $B}, grants: [{to: [ann, bob]}]}\n";
    let wanted = text.replace("  - age: $A", "  # by seal from grants: ann, bob\n  - age: $A,$B");
    assert_eq!(short(config(text).write_granted_keys()), wanted);
    assert_eq!(short(config(&wanted).write_granted_keys()), wanted);
    let flow = "creation_rules: [{pgp: $P}]\nseal: {recipients: {ann: $A}, grants: [{to: ann}]}\n";
    assert_eq!(short(config(flow).write_granted_keys()), flow.replace("pgp: $P", "age: [$A]"));
}

#[test]
fn names_come_to_roles_and_grants_with_their_keys() {
    let marked = short(config(TEAM).write_granted_keys());
    assert_eq!(
        short(config(&marked).grant(Who::Name("bob"), Scope::Role("admin"))),
        marked
            .replace("- ann # the boss\n", "- ann # the boss\n      - bob\n")
            .replace("admin\n    age: $A\n", "admin\n    age: $A,$B\n")
    );
    assert_eq!(
        short(config(&marked).grant(Who::Name("dev"), Scope::Rule(0))),
        marked
            .replace("to: [admin]", "to: [admin, dev]")
            .replace("admin\n    age: $A\n", "admin, dev\n    age: $A,$B\n")
    );
    assert_eq!(
        short(config(&marked).grant(Who::Key(&MasterKey::age(A)), Scope::Rule(1))),
        marked
            .replace("to: dev}", "to: [dev, ann]}")
            .replace("dev\n    age: $B\n", "dev, ann\n    age: $B,$A\n")
    );
}

#[test]
fn names_leave_roles_and_grants_with_their_keys() {
    let marked = short(config(TEAM).write_granted_keys());
    let more = short(config(&marked).grant(Who::Name("bob"), Scope::Role("admin")));
    assert_eq!(short(config(&more).revoke(Who::Name("bob"), Scope::Role("admin"))), marked);
    let without = more
        .replace("      - bob\n", "")
        .replace("age: $A,$B", "age: $A")
        .replace("dev: [bob]", "dev: []")
        .replace("to: dev}", "to: [dev, ann]}")
        .replace("grants: dev\n    age: $B", "grants: dev, ann\n    age: $A");
    let shared = short(config(&more).grant(Who::Name("ann"), Scope::Rule(1)));
    assert_eq!(short(config(&shared).revoke_everywhere(Who::Name("bob"))), without);
    assert_eq!(
        config(&marked).revoke_everywhere(Who::Name("bob")).unwrap_err(),
        EditError::LastKey { rule: 1 }
    );
    assert_eq!(
        config(&marked).revoke(Who::Name("ann"), Scope::Rule(0)).unwrap_err(),
        EditError::ThroughRole { name: "ann".into(), role: "admin".into() }
    );
    let emptied = short(config(&marked).change(Who::Name("ann"), Scope::Role("admin"), false));
    assert_eq!(emptied, marked.replace("admin:\n      - ann # the boss\n", "admin: []\n"));
    let whole_role = short(config(&shared).revoke_everywhere(Who::Name("dev")));
    assert!(whole_role.contains("{path_regex: ^b/, to: [ann]}") && whole_role.contains("dev: [bob]"));
}

#[test]
fn recipients_are_named_where_there_is_nothing_yet() {
    let keys = [MasterKey::age(A)];
    for (before, after) in [
        ("", "seal:\n  recipients:\n    ann: $A\n"),
        ("# none\n", "# none\nseal:\n  recipients:\n    ann: $A\n"),
        ("stores:\n  yaml: {indent: 2}", "stores:\n  yaml: {indent: 2}\nseal:\n  recipients:\n    ann: $A"),
        ("seal:\n", "seal:\n  recipients:\n    ann: $A\n"),
        ("seal:\n  require_strict: true\n", "seal:\n  require_strict: true\n  recipients:\n    ann: $A\n"),
        ("seal:\n  recipients:\nstores: {}\n", "seal:\n  recipients:\n    ann: $A\nstores: {}\n"),
        (
            "seal:\n    recipients:\n        bob: $B\n\n# end\n",
            "seal:\n    recipients:\n        bob: $B\n        ann: $A\n\n# end\n",
        ),
        ("{seal: {recipients: {}}}\n", "{seal: {recipients: {ann: $A}}}\n"),
        ("seal: {}\n", "seal: {recipients: {ann: $A}}\n"),
        ("{stores: {}}\n", "{stores: {}, seal: {recipients: {ann: $A}}}\n"),
    ] {
        let changed = config(before).add_recipient("ann", &keys);
        assert!(changed.is_ok(), "{before}");
        assert_eq!(short(changed), after, "{before}");
    }
    let keys = [MasterKey::age(A), MasterKey::age(B), MasterKey::parse(KeyKind::Pgp, PGP).unwrap()];
    let text = "seal:\n  recipients:\n    ann: {age: [$A, $B], pgp: '$P'}\n";
    assert_eq!(short(config("").add_recipient("ann", &keys)), text);
}

#[test]
fn what_cannot_be_done_is_said() {
    let fails = |changed: Result<Config, EditError>| changed.unwrap_err().to_string();
    let team = || config(TEAM);
    for (found, wanted) in [
        (
            fails(team().grant(Who::Name("bobb"), Scope::Rule(0))),
            "`bobb` is not the name of a recipient or role",
        ),
        (
            fails(team().grant(Who::Name("dev"), Scope::Role("admin"))),
            "`dev` is not the name of a recipient or role",
        ),
        (fails(team().grant(Who::Name("bob"), Scope::Rule(7))), "there is no creation rule 8"),
        (
            fails(team().grant(Who::Key(&MasterKey::age(C)), Scope::Rule(0))),
            "`age12ems…yyzvh` is not the only key of a named recipient",
        ),
        (fails(team().add_recipient("dev", &[])), "`dev` is the name of a role already"),
        (
            fails(team().add_recipient("a b", &[])),
            "`a b` cannot be a name: use letters, digits and . _ - @ +",
        ),
        (
            fails(
                config("creation_rules: [{key_groups: [{age: [$A]}]}]\nseal: {recipients: {bob: $B}}\n")
                    .grant(Who::Name("bob"), Scope::Rule(0)),
            ),
            "the keys of creation rule 1 stand in `key_groups`; change them by hand",
        ),
    ] {
        assert_eq!(found, wanted);
    }
}

#[test]
fn what_is_written_elsewhere_is_left_to_people() {
    for text in [
        "x: &keys [$A]\ncreation_rules: [{age: *keys}]\n",
        "x: &rule {age: $A}\ncreation_rules:\n- <<: *rule\n",
        "creation_rules:\n- &one\n  path_regex: x\n  age: $A\n- *one\n",
        "creation_rules:\n- age: &keys [$A]\n- age: *keys\n",
    ] {
        let config = config(&format!("{text}{NAMES}"));
        assert!(matches!(add(config), Err(EditError::ByHand { .. })), "{text}");
    }
}

#[test]
fn a_configuration_is_saved_unless_it_changed_on_disk() {
    let folder = crate::io::testing::Folder::new();
    folder.file(".sops.yaml", long("creation_rules: [{age: [$A]}]\n").as_bytes());
    let config = Config::load(Path::new(".sops.yaml"), &folder.0).unwrap();
    let key = MasterKey::age(B);
    let changed = config.grant(Who::Key(&key), Scope::Rule(0)).unwrap();
    changed.save().unwrap();
    let text = std::fs::read_to_string(folder.path(".sops.yaml")).unwrap();
    assert_eq!(text, long("creation_rules: [{age: [$A, $B]}]\n"));
    assert!(changed.save().is_err(), "it is another file now");
}
