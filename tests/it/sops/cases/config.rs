//! `.sops.yaml`.

use super::super::case::{Case, case};
use super::super::side_by_side;

pub(super) const CASES: &[Case] = &[
    case("encrypt p.yaml").within("ruled"),
    case("encrypt p.regex.yaml").within("ruled"),
    case("encrypt p.mac.yaml").within("ruled"),
    case("encrypt p.comments.yaml").within("ruled"),
    case("encrypt p.open.yaml").within("ruled"),
    case("encrypt shared/p.yaml").within("ruled"),
    case("encrypt p.yaml").within("ruled/shared"),
    case("encrypt -i shared/p.yaml").within("ruled"),
    case("encrypt --age {B} p.yaml").within("ruled"),
    case("encrypt --age {B} shared/p.yaml").within("ruled"),
    case("encrypt --age {B} p.regex.yaml").within("ruled"),
    case("encrypt --unencrypted-suffix x p.regex.yaml").within("ruled"),
    case("encrypt --encrypted-regex ^name p.regex.yaml").within("ruled"),
    case("encrypt --shamir-secret-sharing-threshold 1 shared/p.yaml").within("ruled"),
    case("encrypt p.txt").about("no rule fits").within("ruled"),
    case("encrypt --age {A} p.txt").about("no rule fits").within("ruled"),
    case("encrypt p.txt")
        .about("no rule fits, recipients in the environment")
        .within("ruled")
        .env(&[("SOPS_AGE_RECIPIENTS", "{A}")]),
    case("encrypt --filename-override p.yaml p.txt").within("ruled"),
    case("encrypt --filename-override shared/p.yaml").within("ruled").stdin("a: hush\n"),
    case("encrypt ../p.yaml").about("outside the folder of the rules").within("ruled"),
    case("encrypt ruled/p.yaml").about("rules of the file's folder"),
    case("--config ruled/.sops.yaml encrypt p.yaml"),
    case("--config ruled/.sops.yaml encrypt ruled/shared/p.yaml"),
    case("encrypt p.yaml").about("SOPS_CONFIG").env(&[("SOPS_CONFIG", "ruled/.sops.yaml")]),
    case("--config groups.sops.yaml encrypt p.yaml")
        .about("SOPS_CONFIG too")
        .env(&[("SOPS_CONFIG", "ruled/.sops.yaml")]),
    case("--config none.yaml encrypt --age {A} p.yaml"),
    case("--config none.yaml decrypt s.yaml"),
    case("decrypt s.yaml").about("SOPS_CONFIG is not there").env(&[("SOPS_CONFIG", "none.yaml")]),
    case("encrypt p.yaml").about("wrong ending").files(&[(".sops.yml", "creation_rules:\n  - age: {A}\n")]),
    case("encrypt p.yaml").about("broken").files(&[(".sops.yaml", "creation_rules: [\n")]),
    case("decrypt s.yaml").about("broken").files(&[(".sops.yaml", "creation_rules: [\n")]),
    case("encrypt p.yaml").about("a regex that is none").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - path_regex: '('\n    age: {A}\n",
    )]),
    case("encrypt p.yaml").about("a regex that is none, not reached").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - age: {A}\n  - path_regex: '('\n    age: {B}\n",
    )]),
    case("encrypt p.yaml").about("a number for a recipient").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - age: 5\n",
    )]),
    case("encrypt p.yaml").about("a recipient that is none").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - age: nonsense\n",
    )]),
    case("encrypt p.yaml").about("no key").files(&[(".sops.yaml", "creation_rules:\n  - path_regex: x\n  - path_regex: y\n")]),
    case("encrypt p.yaml").about("a rule without a key").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - path_regex: yaml\n",
    )]),
    case("encrypt p.yaml").about("an empty group").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - key_groups:\n      - age: []\n",
    )]),
    case("encrypt p.yaml").about("an empty group beside another").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - key_groups:\n      - age: [{A}]\n      - age: []\n",
    )]),
    case("encrypt p.yaml").about("two selectors").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - age: {A}\n    encrypted_regex: a\n    encrypted_suffix: b\n",
    )]),
    case("encrypt p.yaml").about("a selector that is no regex").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - age: {A}\n    encrypted_regex: '('\n",
    )]),
    case("encrypt p.yaml").about("no rules").files(&[(".sops.yaml", "creation_rules: []\n")]),
    case("encrypt --age {A} p.yaml").about("no rules").files(&[(".sops.yaml", "creation_rules: []\n")]),
    case("encrypt --age {A} p.yaml").about("an empty file").files(&[(".sops.yaml", "")]),
    case("encrypt --age {A} p.yaml").about("other things").files(&[(".sops.yaml", "other: 1\n")]),
    case("encrypt p.yaml").about("unknown fields").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - age: {A}\n    extra: 1\nmore: 2\n",
    )]),
    case("encrypt p.yaml").about("the same field twice").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - age: {A}\n    age: {B}\n",
    )]),
    case("encrypt p.yaml").about("lists and commas").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - age: >-\n      {A},\n      {B},\n",
    )]),
    case("encrypt p.yaml").about("a list").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - age:\n      - {A}\n      - {B}\n",
    )]),
    case("encrypt p.yaml").about("groups beside flat keys").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - age: {B}\n    key_groups:\n      - age: [{A}]\n",
    )]),
    case("encrypt p.yaml").about("a group with the same key twice").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - key_groups:\n      - age: [{A}, {A}]\n",
    )]),
    case("encrypt p.yaml").about("merged groups").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - key_groups:\n      - merge:\n          - age: [{B}]\n        age: [{A}]\n      - age: [{C}]\n",
    )]),
    case("encrypt p.yaml").about("a threshold above the groups").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - shamir_threshold: 3\n    key_groups:\n      - age: [{A}]\n      - age: [{B}]\n",
    )]),
    case("encrypt p.yaml").about("no threshold").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - key_groups:\n      - age: [{A}]\n      - age: [{B}]\n",
    )]),
    case("encrypt p.yaml").about("indentation of stores").files(&[(
        ".sops.yaml",
        "creation_rules:\n  - age: {A}\nstores:\n  yaml:\n    indent: 2\n",
    )]),
    case("decrypt s.yaml").about("indentation of stores").files(&[(
        ".sops.yaml",
        "stores:\n  yaml:\n    indent: 2\n",
    )]),
    case("decrypt s.json").about("indentation of stores").files(&[(
        ".sops.yaml",
        "stores:\n  json:\n    indent: 2\n",
    )]),
    case("decrypt --output-type json s.yaml").about("indentation of stores").files(&[(
        ".sops.yaml",
        "stores:\n  json:\n    indent: 2\n",
    )]),
    case("decrypt s.yaml").about("a negative indentation").files(&[(
        ".sops.yaml",
        "stores:\n  yaml:\n    indent: -1\n",
    )]),
];

#[test]
fn config() {
    side_by_side(CASES);
}
