//! The format of a file by its name, else by its content.

use crate::doc::FormatName;

/// The format of a file with this name and content. Where the name tells none, an encrypted file tells it by
/// its metadata.
#[must_use]
pub fn format_of(name: &str, content: &[u8]) -> FormatName {
    match FormatName::of_file(name, content) {
        FormatName::Binary if FormatName::of_path(name) == FormatName::Binary => by_metadata(content),
        format => format,
    }
}

fn by_metadata(content: &[u8]) -> FormatName {
    let mut ini = false;
    for line in content.split(|byte| *byte == b'\n') {
        if line.starts_with(b"sops:") {
            return FormatName::Yaml;
        } else if line.starts_with(b"sops_version=") || line.starts_with(b"sops_mac=") {
            return FormatName::Dotenv;
        } else if line.starts_with(b"[[sops.") || line.starts_with(b"[sops.") {
            return FormatName::Toml;
        }
        ini |= line.trim_ascii_end() == b"[sops]";
    }
    if ini { FormatName::Ini } else { FormatName::Binary }
}

#[cfg(test)]
mod tests {
    use super::{FormatName, format_of};

    #[test]
    fn names_go_before_contents() {
        for (name, content, format) in [
            ("a.yaml", "sops_version=3", FormatName::Yaml),
            ("a", "a: b\nsops:\n", FormatName::Yaml),
            ("a", "a=b\nsops_version=3\n", FormatName::Dotenv),
            ("a", "[a]\nb = c\n[sops]\nx = y\n", FormatName::Ini),
            ("a", "[sops]\nx = 1\n[[sops.age]]\n", FormatName::Toml),
            ("a.bin", "{\"data\": \"\", \"sops\": {}}", FormatName::Binary),
            ("a.toml", "{\"data\": \"\", \"sops\": {}}", FormatName::Binary),
        ] {
            assert_eq!(format_of(name, content.as_bytes()), format, "{name} {content}");
        }
    }
}
