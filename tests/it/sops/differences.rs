//! Where this program, called as `sops`, does something else than sops on purpose.

use super::compare::What::{self, Exit, Files, Stdout};

/// A difference that is meant to be.
pub(super) struct Difference {
    /// The case, as `Case::id` has it.
    pub(super) case: &'static str,
    /// All that differs.
    pub(super) what: &'static [What],
    /// Our exit code.
    pub(super) code: i32,
    /// The heading of its reason in `docs/sops.md`.
    pub(super) why: &'static str,
}

const fn differs(case: &'static str, what: &'static [What], code: i32, why: &'static str) -> Difference {
    Difference { case, what, code, why }
}

const CRASHES: &str = "Crashes";
const TYPES: &str = "Unknown formats";
const LAYOUT: &str = "Layout";
const DOCUMENTS: &str = "Several documents";
const NULL: &str = "Null";
const BETWEEN: &str = "Flags between arguments";
const BEFORE: &str = "Flags before a command";
const PATTERNS: &str = "Patterns that are none";
const UNREADABLE: &str = "Files that sops cannot read again";
const SAME: &str = "Nothing new";
const SET: &str = "Values of set";
const GROUPS: &str = "Groups that lose a file";
const THRESHOLD: &str = "Thresholds";
const ANSWERS: &str = "Answers";
const METADATA: &str = "Metadata in the editor";
const ROTATE: &str = "Format of rotate";
const SECTIONS: &str = "Empty sections";
const STATUS: &str = "Status of other files";
const CODES: &str = "Exit codes";
const EMPTY: &str = "Empty variables";
const ADDRESSES: &str = "Addresses that are none";
const BINARY: &str = "Binary files";
const ONE: &str = "One format is enough";
const SEVERAL: &str = "Several commands";
const FILENAME: &str = "Name of the file of exec-file";
const USER: &str = "User of exec-file";
const TWICE: &str = "A recipient twice";

/// All of them.
pub(super) const DIFFERENCES: &[Difference] = &[
    differs("decrypt --extract '[\"db\"][\"replicas\"][-1]' s.yaml", &[Exit], 91, CRASHES),
    differs("decrypt --extract '[\"name\"][\"below\"]' s.yaml", &[Exit], 1, CRASHES),
    differs("decrypt --extract '[\"db\"][\"replicas\"][\"x\"]' s.yaml", &[Exit], 1, CRASHES),
    differs("decrypt --extract '[]' s.yaml", &[Exit], 91, CRASHES),
    differs("decrypt --extract '[\"db\"][0]' s.yaml", &[Exit, Stdout], 1, CRASHES),
    differs("decrypt clear-number.yaml", &[Exit], 25, CRASHES),
    differs("groups delete -f groups.yaml -i 9", &[Exit], 1, CRASHES),
    differs("set s.yaml '[\"db\"][\"replicas\"][-1]' '\"hush-new\"'", &[Exit], 7, CRASHES),
    differs("set s.yaml '' '\"x\"'", &[Exit], 7, CRASHES),
    differs("unset s.yaml '[\"db\"][\"replicas\"][-1]'", &[Exit], 7, CRASHES),
    differs("unset s.yaml ''", &[Exit], 7, CRASHES),
    differs("decrypt --output-type nonsense s.yaml", &[Exit, Stdout], 1, TYPES),
    differs("decrypt --input-type nonsense s.yaml", &[Exit, Stdout], 1, TYPES),
    differs("encrypt --age {A} --output-type nonsense p.yaml", &[Exit, Stdout], 1, TYPES),
    differs("encrypt --age {A} --input-type nonsense p.yaml", &[Exit, Stdout], 1, TYPES),
    differs("exec-file --output-type nonsense s.yaml 'cat {}'", &[Exit, Stdout], 1, TYPES),
    differs("decrypt s.yaml (indentation of stores)", &[Stdout], 0, LAYOUT),
    differs("decrypt s.json (indentation of stores)", &[Stdout], 0, LAYOUT),
    differs("decrypt s.yaml (a negative indentation)", &[Exit, Stdout], 0, LAYOUT),
    differs("-d --indent 2 s.yaml", &[Stdout], 0, LAYOUT),
    differs("-d --indent 2 s.json", &[Stdout], 0, LAYOUT),
    differs("-d --indent 0 s.json", &[Stdout], 0, LAYOUT),
    differs("decrypt --output-type json multi.enc.yaml", &[Exit, Stdout], 4, DOCUMENTS),
    differs("decrypt --output-type dotenv null.enc.yaml", &[Stdout], 0, NULL),
    differs("exec-env null.enc.yaml 'echo [$a] $b'", &[Stdout], 0, NULL),
    differs("exec-env flat.enc.yaml --pristine 'echo $NAME [$OUTER]'", &[Exit, Stdout], 0, BETWEEN),
    differs(
        "set s.yaml --value-file '[\"name\"]' value.json (the flag after the file)",
        &[Exit, Files],
        0,
        BETWEEN,
    ),
    differs("unset s.yaml --idempotent '[\"missing\"]'", &[Exit], 0, BETWEEN),
    differs("decrypt s.yaml --nonsense", &[Exit], 1, BETWEEN),
    differs("rotate --ignore-mac -i badmac.yaml", &[Exit], 1, BETWEEN),
    differs("--mac-only-encrypted encrypt --age {A} --encrypted-regex ^pass p.yaml", &[Stdout], 0, BEFORE),
    differs("--encrypted-comment-regex sops:enc encrypt --age {A} comments.yaml", &[Stdout], 0, BEFORE),
    differs("encrypt --age {A} --encrypted-regex '(' p.yaml", &[Exit, Stdout], 1, PATTERNS),
    differs("encrypt p.yaml (a selector that is no regex)", &[Exit, Stdout], 1, PATTERNS),
    differs("encrypt --age {A} late.yaml", &[Exit, Stdout], 203, UNREADABLE),
    differs("set s.yaml '[\"sops\"]' '\"x\"'", &[Exit, Files], 203, UNREADABLE),
    differs("set s.yaml '[\"new\"]' null", &[Files], 0, SAME),
    differs("set s.yaml '[\"new\"]' '\"\"'", &[Files], 0, SAME),
    differs("set s.yaml '[\"new\"]' '{}'", &[Files], 0, SAME),
    differs("set only.yaml '[\"name\"]' '\"open-new\"'", &[Files], 0, SAME),
    differs("edit only.yaml (a clear value changed)", &[Files], 0, SAME),
    differs("set s.yaml '[\"name\"]' '\"hush-name\"'", &[Files], 0, SAME),
    differs("set s.yaml '[\"new\"]' '[\"hush-1\"]'", &[Exit, Files], 0, SET),
    differs("set s.yaml '[\"name\"][\"below\"]' '\"hush-below\"'", &[Exit, Files], 7, SET),
    differs("set s.bin '[\"data\"]' '\"hush-new\"'", &[Exit, Files], 4, BINARY),
    differs("encrypt --age {A} --output-type binary p.yaml", &[Exit, Stdout], 4, BINARY),
    differs("groups add -f s.yaml -i (an empty group)", &[Exit, Files], 1, GROUPS),
    differs("groups add -f s.yaml --age nonsense -i", &[Exit, Files], 1, GROUPS),
    differs(
        "groups add -f s.yaml --age {B} -i --shamir-secret-sharing-threshold 1",
        &[Exit, Files],
        1,
        GROUPS,
    ),
    differs(
        "groups add -f s.yaml --age {B} -i --shamir-secret-sharing-threshold 3",
        &[Exit, Files],
        1,
        GROUPS,
    ),
    differs("groups add -f badmac.yaml --age {B} -i", &[Exit, Files], 51, GROUPS),
    differs("groups delete -f s.yaml -i 0", &[Exit, Files], 1, GROUPS),
    differs(
        "groups delete -f groups.yaml -i --shamir-secret-sharing-threshold 1 0",
        &[Exit, Files],
        1,
        GROUPS,
    ),
    differs("--config groups.sops.yaml updatekeys -y s.yaml", &[Files], 0, THRESHOLD),
    differs("ruled: updatekeys stale.yaml (yes)", &[Exit, Files], 0, ANSWERS),
    differs("ruled: updatekeys stale.yaml (Y)", &[Exit, Files], 0, ANSWERS),
    differs("edit --input-type yaml s.txt", &[Exit, Files], 0, ONE),
    differs("edit --output-type json s.yaml", &[Exit, Files], 1, ONE),
    differs("decrypt --input-type yaml (standard input)", &[Exit, Stdout], 0, ONE),
    differs("set --input-type yaml s.txt '[\"name\"]' '\"hush-new\"'", &[Files], 0, ONE),
    differs("-d -e s.yaml", &[Exit, Stdout], 0, SEVERAL),
    differs("exec-file --no-fifo --filename ../x.yaml s.yaml 'cat {}'", &[Exit, Stdout, Files], 1, FILENAME),
    differs("exec-file --no-fifo --user nobody s.yaml 'id -un'", &[Exit, Stdout], 0, USER),
    differs("edit -s s.yaml (changed)", &[Files], 0, METADATA),
    differs("rotate --output-type json s.yaml", &[Exit, Stdout], 8, ROTATE),
    differs("decrypt --output-type json s.ini", &[Stdout], 0, SECTIONS),
    differs("decrypt --output-type yaml s.ini", &[Stdout], 0, SECTIONS),
    differs("encrypt --age {A} --output-type yaml p.ini", &[Stdout], 0, SECTIONS),
    differs("filestatus p.bin", &[Exit, Stdout], 0, STATUS),
    differs("filestatus s.txt", &[Exit, Stdout], 0, STATUS),
    differs("filestatus taken.yaml", &[Exit, Stdout], 0, STATUS),
    differs("filestatus taken.json", &[Exit, Stdout], 0, STATUS),
    differs("decrypt number.yaml", &[Exit], 25, CODES),
    differs("decrypt s.yaml/x", &[Exit], 100, CODES),
    differs("set --value-file s.yaml '[\"name\"]' none.json", &[Exit], 2, CODES),
    differs("set --value-stdin --value-file s.yaml '[\"name\"]' value.json", &[Exit], 100, CODES),
    differs("decrypt s.yaml (SOPS_ENABLE_LOCAL_KEYSERVICE empty)", &[Exit, Stdout], 0, EMPTY),
    differs("decrypt --keyservice nonsense s.yaml", &[Exit, Stdout], 1, ADDRESSES),
    differs("rotate -i --add-age {A} s.yaml", &[Files], 0, TWICE),
];
