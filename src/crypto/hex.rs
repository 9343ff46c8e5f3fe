//! Hexadecimal digits of digests.

/// The first `digits` lower-case hexadecimal digits of `bytes`.
#[must_use]
pub fn hex(bytes: &[u8], digits: usize) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let all = bytes.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]);
    all.take(digits).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::hex;

    #[test]
    fn digits_are_cut_anywhere() {
        assert_eq!((hex(&[0xab, 0xcd], 3), hex(&[0xab], 9)), ("abc".to_owned(), "ab".to_owned()));
    }
}
