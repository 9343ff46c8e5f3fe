//! Bytes that must not outlive their use.

use std::fmt;
use std::ops::{Deref, DerefMut};
use zeroize::Zeroizing;

/// Secret bytes: wiped on drop, never printed.
///
/// No `Clone`, `Display` or `PartialEq`: a secret is moved or lent. Comparison is [`Secret::same_as`],
/// in constant time.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes ownership of `bytes`; the caller's vector becomes the secret's only copy.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        keep_in_memory(&bytes);
        Self(Zeroizing::new(bytes))
    }

    /// Compares in a time that depends on the lengths only.
    #[must_use]
    pub fn same_as(&self, other: &[u8]) -> bool {
        use subtle::ConstantTimeEq;
        self.0.as_slice().ct_eq(other).into()
    }
}

/// A buffer for what may be large: it is wiped as a whole, where `Zeroizing` goes byte by byte.
///
/// Behind the length nothing is wiped: what is taken off the end is wiped by whoever takes it off, and it is
/// given its size at once.
#[derive(Default)]
pub struct Wiped(Vec<u8>);

impl Wiped {
    /// A buffer with room for `bytes`.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.fill(0);
        zeroize::optimization_barrier(self.0.as_slice());
    }
}

impl Deref for Wiped {
    type Target = Vec<u8>;
    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Wiped {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

/// Wipes `bytes` and frees them, as a whole: see [`Wiped`].
pub fn wipe(bytes: &mut Zeroizing<Vec<u8>>) {
    drop(Wiped(std::mem::take(&mut **bytes)));
}

/// Asks the system not to write the pages of `bytes` to swap space, now and as long as the process lives.
///
/// Best effort: what exceeds the limit of the process (8 MiB by default) is not locked. Pages are never
/// unlocked, because other secrets may share them.
pub fn keep_in_memory(bytes: &[u8]) {
    if !bytes.is_empty()
        && let Ok(guard) = region::lock(bytes.as_ptr(), bytes.len())
    {
        std::mem::forget(guard);
    }
}

impl Deref for Secret {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Zeroizing<Vec<u8>>> for Secret {
    fn from(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::{Secret, keep_in_memory};

    /// Whether the page at `address` is locked: the flag `lo` of its mapping.
    #[cfg(target_os = "linux")]
    fn is_locked(address: usize) -> bool {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut inside = false;
        for line in maps.lines() {
            let range = line.split(' ').next().unwrap().split_once('-');
            let number = |text| usize::from_str_radix(text, 16).ok();
            if let Some((Some(start), Some(end))) = range.map(|(start, end)| (number(start), number(end))) {
                inside = (start..end).contains(&address);
            }
            if let (true, Some(flags)) = (inside, line.strip_prefix("VmFlags:")) {
                return flags.split(' ').any(|flag| flag == "lo");
            }
        }
        panic!("no mapping has the address");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn secrets_stay_in_memory() {
        let bytes = vec![1; 300_000];
        let middle = bytes.as_ptr() as usize + 150_000;
        assert!(!is_locked(middle));
        keep_in_memory(&bytes);
        assert!(is_locked(middle));
    }

    #[test]
    fn nothing_and_too_much_are_no_errors() {
        keep_in_memory(&[]);
        keep_in_memory(&vec![0; 64 << 20]);
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new(b"hunter2".to_vec())), "Secret(..)");
    }

    #[test]
    fn comparison_sees_content_and_length() {
        let secret = Secret::new(b"hunter2".to_vec());
        assert!(secret.same_as(b"hunter2"));
        assert!(!secret.same_as(b"hunter3"));
        assert!(!secret.same_as(b"hunter"));
    }
}
