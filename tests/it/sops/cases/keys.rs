//! Where identities come from, and recipients of other kinds.

use super::super::case::{Case, case};
use super::super::side_by_side;

pub(super) const CASES: &[Case] = &[
    case("decrypt s.yaml").about("SOPS_AGE_KEY").keyless().env(&[(
        "SOPS_AGE_KEY",
        "AGE-SECRET-KEY-1X3XWMCS3WDSM87Y7UNHT6CX3L7K9WUE8W7KFY65MFAVCGKSPX8EQ4GDJDV",
    )]),
    case("decrypt s.yaml").about("SOPS_AGE_KEY with comments").keyless().env(&[(
        "SOPS_AGE_KEY",
        "# one\n\nAGE-SECRET-KEY-1X3XWMCS3WDSM87Y7UNHT6CX3L7K9WUE8W7KFY65MFAVCGKSPX8EQ4GDJDV\n",
    )]),
    case("decrypt s.yaml").about("SOPS_AGE_KEY is nonsense").keyless().env(&[("SOPS_AGE_KEY", "nonsense")]),
    case("decrypt s.yaml")
        .about("SOPS_AGE_KEY is nonsense beside a good file")
        .env(&[("SOPS_AGE_KEY", "nonsense")]),
    case("decrypt s.yaml")
        .about("SOPS_AGE_KEY_FILE is not there")
        .env(&[("SOPS_AGE_KEY_FILE", "{work}/none")]),
    case("decrypt s.yaml").about("SOPS_AGE_KEY_FILE is a folder").env(&[("SOPS_AGE_KEY_FILE", "{work}")]),
    case("decrypt s.yaml").about("SOPS_AGE_KEY_FILE is empty").env(&[("SOPS_AGE_KEY_FILE", "")]),
    case("decrypt s.yaml")
        .about("SOPS_AGE_KEY_FILE is another's")
        .env(&[("SOPS_AGE_KEY_FILE", "{keys}/b.txt")]),
    case("decrypt s.yaml")
        .about("SOPS_AGE_KEY_CMD")
        .keyless()
        .env(&[("SOPS_AGE_KEY_CMD", "cat {keys}/a.txt")]),
    case("decrypt s.yaml").about("SOPS_AGE_KEY_CMD fails").keyless().env(&[("SOPS_AGE_KEY_CMD", "false")]),
    case("decrypt s.yaml")
        .about("SOPS_AGE_KEY_CMD with quotes")
        .keyless()
        .env(&[("SOPS_AGE_KEY_CMD", "sh -c 'cat \"$1\"' - {keys}/a.txt")]),
    case("decrypt s.yaml")
        .about("SOPS_AGE_KEY_CMD sees the recipient")
        .keyless()
        .env(&[("SOPS_AGE_KEY_CMD", "sh -c 'test \"$SOPS_AGE_RECIPIENT\" = {A} && cat {keys}/a.txt'")]),
    case("decrypt s.yaml").about("the default file").keyless().files(&[(
        "../home/.config/sops/age/keys.txt",
        "AGE-SECRET-KEY-1X3XWMCS3WDSM87Y7UNHT6CX3L7K9WUE8W7KFY65MFAVCGKSPX8EQ4GDJDV\n",
    )]),
    case("decrypt s.yaml")
        .about("the default file beside another's")
        .env(&[("SOPS_AGE_KEY_FILE", "{keys}/b.txt")])
        .files(&[(
            "../home/.config/sops/age/keys.txt",
            "AGE-SECRET-KEY-1X3XWMCS3WDSM87Y7UNHT6CX3L7K9WUE8W7KFY65MFAVCGKSPX8EQ4GDJDV\n",
        )]),
    case("decrypt s.yaml")
        .about("XDG_CONFIG_HOME")
        .keyless()
        .env(&[("XDG_CONFIG_HOME", "{work}/xdg")])
        .files(&[(
            "xdg/sops/age/keys.txt",
            "AGE-SECRET-KEY-1X3XWMCS3WDSM87Y7UNHT6CX3L7K9WUE8W7KFY65MFAVCGKSPX8EQ4GDJDV\n",
        )]),
    case("decrypt s.yaml").about("no identity").keyless(),
    case("decrypt s.yaml")
        .about("an identity file with a passphrase")
        .env(&[("SOPS_AGE_KEY_FILE", "{keys}/a-passphrase.age")]),
    case("decrypt ssh.yaml")
        .about("SOPS_AGE_SSH_PRIVATE_KEY_FILE")
        .keyless()
        .env(&[("SOPS_AGE_SSH_PRIVATE_KEY_FILE", "{keys}/id_ed25519")]),
    case("decrypt rsa.yaml")
        .about("SOPS_AGE_SSH_PRIVATE_KEY_FILE")
        .keyless()
        .env(&[("SOPS_AGE_SSH_PRIVATE_KEY_FILE", "{keys}/id_rsa")]),
    case("decrypt ssh.yaml").about("without the key").keyless(),
    case("decrypt ssh.yaml")
        .about("another SSH key")
        .keyless()
        .env(&[("SOPS_AGE_SSH_PRIVATE_KEY_FILE", "{keys}/id_rsa")]),
    case("decrypt b.yaml"),
    case("decrypt ab.yaml"),
    case("decrypt ab.yaml").about("the second").env(&[("SOPS_AGE_KEY_FILE", "{keys}/b.txt")]),
    case("decrypt ab.yaml").about("neither").env(&[("SOPS_AGE_KEY_FILE", "{keys}/c.txt")]),
    case("decrypt groups.yaml").about("two of three").env(&[("SOPS_AGE_KEY_CMD", "cat {keys}/c.txt")]),
    case("decrypt groups.yaml").about("one of three"),
    case("-d groups.yaml").about("two of three").env(&[("SOPS_AGE_KEY_CMD", "cat {keys}/b.txt")]),
    case("decrypt pq.yaml").keyless().env(&[("SOPS_AGE_KEY_FILE", "{keys}/pq.txt")]),
    case("encrypt --age {ssh} p.yaml"),
    case("encrypt --age {pq} p.yaml"),
    case("encrypt --age {pq},{A} p.yaml"),
];

#[test]
fn keys() {
    side_by_side(CASES);
}
