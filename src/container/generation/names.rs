//! The names that are ours in a target.

use std::time::{SystemTime, UNIX_EPOCH};

/// The link to the current generation.
pub(super) const DATA: &str = "..data";
/// The link that is renamed over it.
pub(super) const NEXT: &str = "..data_tmp";
/// The link inside of a generation that names the time of its end.
pub(super) const EXPIRES: &str = "..expires";
/// Generations are called this, a time and a random number.
const GENERATION: &str = "..gen-";

/// The longest name that Linux has, in bytes.
const LONGEST: usize = 255;

/// A new name for a generation.
pub(super) fn new_generation() -> std::io::Result<String> {
    let mut bytes = [0; 8];
    getrandom::getrandom(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
    // A clock before 1970 is no reason to fail: the time is for people.
    let ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    Ok(format!("{GENERATION}{ms}-{:016x}", u64::from_ne_bytes(bytes)))
}

/// Whether a name is one that [`new_generation`] makes.
pub(super) fn is_generation(name: &str) -> bool {
    let Some((ms, random)) = name.strip_prefix(GENERATION).and_then(|rest| rest.split_once('-')) else {
        return false;
    };
    let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (1..=20).contains(&ms.len())
        && ms.bytes().all(|byte| byte.is_ascii_digit())
        && random.len() == 16
        && random.bytes().all(hex)
}

/// Whether a file of a bundle can have a name. The renderer has refused others, with better words.
pub(super) fn is_visible(name: &str) -> bool {
    !name.is_empty()
        && name != "."
        && !name.starts_with("..")
        && name.len() <= LONGEST
        && !name.bytes().any(|byte| byte == b'/' || byte == 0)
}

/// What the visible link `name` of ours leads to.
pub(super) fn visible_target(name: &str) -> String {
    format!("{DATA}/{name}")
}

#[cfg(test)]
mod tests {
    use super::{is_generation, is_visible, new_generation};

    #[test]
    fn new_names_are_known_again() {
        let (a, b) = (new_generation().unwrap(), new_generation().unwrap());
        assert!(is_generation(&a), "{a}");
        assert_ne!(a, b);
    }

    #[test]
    fn other_names_are_not_ours() {
        for name in [
            "..gen-",
            "..gen-1",
            "..gen--0123456789abcdef",
            "..gen-1-0123456789abcde",
            "..gen-1-0123456789abcdef0",
            "..gen-1-0123456789ABCDEF",
            "..gen-1x-0123456789abcdef",
            "..gen-123456789012345678901-0123456789abcdef",
            "..2024_01_01_00_00_00.123456789",
            "gen-1-0123456789abcdef",
            "..data",
        ] {
            assert!(!is_generation(name), "{name}");
        }
        assert!(is_generation("..gen-1-0123456789abcdef"));
    }

    #[test]
    fn names_with_two_dots_are_never_visible() {
        for name in ["", ".", "..", "..data", "..x", "a/b", "/", "a\0b", &"x".repeat(256)] {
            assert!(!is_visible(name), "{name}");
        }
        for name in ["a", ".env", "a..b", "Ä", &"x".repeat(255)] {
            assert!(is_visible(name), "{name}");
        }
    }
}
