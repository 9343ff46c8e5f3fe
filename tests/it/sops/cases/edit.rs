//! `sops edit`, and a file name alone, with editors that are scripts.

use super::super::case::{Case, case};
use super::super::side_by_side;

/// Changes one secret.
const CHANGE: &[(&str, &str)] = &[("EDITOR", "sed -i s/hush-name/hush-other/")];
/// Changes nothing.
const LEAVE: &[(&str, &str)] = &[("EDITOR", "true")];
/// Adds a line at the end.
const ADD: &[(&str, &str)] = &[("EDITOR", "sh {work}/add.sh")];
const ADDER: &[(&str, &str)] = &[("add.sh", "echo \"more: hush-more\" >> \"$1\"\n")];

pub(super) const CASES: &[Case] = &[
    case("edit s.yaml").about("changed").env(CHANGE),
    case("edit s.json").about("changed").env(CHANGE),
    case("edit s.env").about("changed").env(CHANGE),
    case("edit s.ini").about("changed").env(&[("EDITOR", "sed -i s/hush-user/hush-other/")]),
    case("edit s.bin").about("changed").env(&[("EDITOR", "sed -i s/hush/hush-other/")]),
    case("edit multi.enc.yaml").about("changed").env(&[("EDITOR", "sed -i s/hush-2/hush-other/")]),
    case("edit groups.yaml").about("changed, one identity of two").env(CHANGE),
    case("edit regex.yaml").about("changed").env(&[("EDITOR", "sed -i s/hush-password/hush-other/")]),
    case("edit only.yaml").about("a clear value changed").env(CHANGE),
    case("s.yaml").about("changed").env(CHANGE),
    case("edit s.yaml").about("added to").env(ADD).files(ADDER),
    case("edit s.yaml").about("unchanged").env(LEAVE),
    case("s.yaml").about("unchanged").env(LEAVE),
    case("edit s.json").about("unchanged").env(LEAVE),
    case("edit s.env").about("unchanged").env(LEAVE),
    case("edit s.bin").about("unchanged").env(LEAVE),
    case("edit s.yaml").about("the editor fails").env(&[("EDITOR", "false")]),
    case("edit s.yaml").about("the editor fails with 7").env(&[("EDITOR", "sh -c 'exit 7'")]),
    case("edit s.yaml").about("no such editor").env(&[("EDITOR", "/none/such-editor")]),
    case("edit s.yaml").about("an open quote").env(&[("EDITOR", "sed 's")]),
    case("edit s.yaml")
        .about("SOPS_EDITOR goes first")
        .env(&[("EDITOR", "false"), ("SOPS_EDITOR", "sed -i s/hush-name/hush-other/")]),
    case("edit s.yaml")
        .about("quotes in the editor")
        .env(&[("EDITOR", "sed -i -e 's/hush-name/hush two words/'")]),
    case("edit s.yaml")
        .about("the editor uses the pipes")
        .env(&[("EDITOR", "sh {work}/pipes.sh")])
        .files(&[("pipes.sh", "cat \"$1\"; cat > \"$1\"\n")])
        .stdin("a: hush-piped\n"),
    case("edit s.yaml")
        .about("the name of the file")
        .env(&[("EDITOR", "sh {work}/name.sh")])
        .files(&[("name.sh", "basename \"$1\"; stat -c %a \"$1\"; stat -c %a \"$(dirname \"$1\")\"\n")]),
    // A new file.
    case("edit --age {A} new.yaml").about("replaced").env(&[("EDITOR", "sh {work}/put.sh")]).files(&[(
        "put.sh",
        "echo \"a: hush-new\" > \"$1\"\n",
    )]),
    case("edit --age {A} new.json").about("replaced").env(&[("EDITOR", "sh {work}/put.sh")]).files(&[(
        "put.sh",
        "echo \"{\\\"a\\\": \\\"hush-new\\\"}\" > \"$1\"\n",
    )]),
    case("edit --age {A} new.env").about("replaced").env(&[("EDITOR", "sh {work}/put.sh")]).files(&[(
        "put.sh",
        "echo A=hush-new > \"$1\"\n",
    )]),
    case("edit --age {A} new.ini").about("replaced").env(&[("EDITOR", "sh {work}/put.sh")]).files(&[(
        "put.sh",
        "printf \"[a]\\nb = hush\\n\" > \"$1\"\n",
    )]),
    case("edit --age {A} new.bin").about("replaced").env(&[("EDITOR", "sh {work}/put.sh")]).files(&[(
        "put.sh",
        "echo hush-new > \"$1\"\n",
    )]),
    case("edit new.yaml")
        .about("SOPS_AGE_RECIPIENTS")
        .env(&[("EDITOR", "sh {work}/put.sh"), ("SOPS_AGE_RECIPIENTS", "{A}")])
        .files(&[("put.sh", "echo \"a: hush-new\" > \"$1\"\n")]),
    case("edit --age {A} --encrypted-regex ^pass new.yaml")
        .env(&[("EDITOR", "sh {work}/put.sh")])
        .files(&[("put.sh", "printf \"pass: hush-new\\nname: open\\n\" > \"$1\"\n")]),
    case("--age {A} new.yaml")
        .env(&[("EDITOR", "sh {work}/put.sh")])
        .files(&[("put.sh", "echo \"a: hush-new\" > \"$1\"\n")]),
    case("edit --age {A} new.yaml").about("left as it is").env(LEAVE),
    case("edit new.yaml").about("no recipients").env(LEAVE),
    case("edit none/new.yaml").about("no such folder").env(LEAVE),
    case("edit new.yaml")
        .about("by a rule")
        .within("ruled")
        .env(&[("EDITOR", "sh {work}/put.sh")])
        .files(&[("put.sh", "echo \"a: hush-new\" > \"$1\"\n")]),
    case("edit new.regex.yaml")
        .about("by a rule with a selector")
        .within("ruled")
        .env(&[("EDITOR", "sh {work}/put.sh")])
        .files(&[("put.sh", "printf \"pass: hush-new\\nname: open\\n\" > \"$1\"\n")]),
    // Text that cannot be used, then text that can.
    case("edit s.yaml")
        .about("broken, then mended")
        .env(&[("EDITOR", "sh {work}/twice.sh")])
        .files(&[(
            "twice.sh",
            "if [ -e ../home/seen ]; then echo \"a: hush-mended\" > \"$1\"; else touch ../home/seen; echo \"a: [hush\" > \"$1\"; fi\n",
        )])
        .stdin("\n\n"),
    case("edit s.json")
        .about("broken, then mended")
        .env(&[("EDITOR", "sh {work}/twice.sh")])
        .files(&[(
            "twice.sh",
            "if [ -e ../home/seen ]; then echo \"{\\\"a\\\": 1}\" > \"$1\"; else touch ../home/seen; echo \"{hush\" > \"$1\"; fi\n",
        )])
        .stdin("\n\n"),
    case("edit -s s.yaml").about("unchanged").env(LEAVE),
    case("edit -s s.yaml").about("changed").env(CHANGE),
    case("edit --show-master-keys s.yaml").about("prints").env(&[("EDITOR", "grep -c recipient")]),
    // What cannot be edited.
    case("edit p.yaml").about("a plain file").env(CHANGE),
    case("edit b.yaml").about("another's file").env(CHANGE),
    case("edit badmac.yaml").env(CHANGE),
    case("edit --ignore-mac badmac.yaml").env(CHANGE),
    case("edit tampered.yaml").env(CHANGE),
    case("edit noversion.yaml").env(CHANGE),
    case("edit .").about("a folder").env(CHANGE),
    case("edit").about("no file").env(CHANGE),
    case("edit s.yaml s.json").about("two files").env(CHANGE),
    case("edit --input-type yaml s.txt").env(CHANGE),
    case("edit --input-type yaml --output-type yaml s.txt").env(CHANGE),
    case("edit --output-type json s.yaml").env(CHANGE),
];

#[test]
fn edit() {
    side_by_side(CASES);
}
