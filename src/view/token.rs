//! Encrypted values as they stand in a text, and the short form that stands for them.

use super::escape::push;
use crate::crypto::envelope::Envelope;
use crate::crypto::hex;
use sha2::{Digest as _, Sha256};
use std::ops::Range;
use zeroize::Zeroizing;

/// What every encrypted value begins with.
const BEGINNING: &[u8] = b"ENC[AES256_GCM,";
/// Digits of a digest.
const DIGITS: usize = 10;

/// What is shown in the place of an encrypted value.
pub(super) enum Shown {
    /// The digest of its ciphertext: `ENC<str ~0123456789>`.
    Digest,
    /// The digest of a ciphertext that should have decrypted: `ENC<str !0123456789>`.
    Broken,
    /// Another text.
    Text(Zeroizing<Vec<u8>>),
}

/// The first encrypted value in `text` at or after byte `from`. One that is cut off or folded over lines is
/// none.
pub(super) fn find(text: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    loop {
        let start = at + text.get(at..)?.iter().position(|byte| *byte == b'E')?;
        if !text[start..].starts_with(BEGINNING) {
            at = start + 1;
            continue;
        }
        let inner = start + BEGINNING.len();
        let end = inner + text[inner..].iter().position(|byte| matches!(byte, b']' | b'\n'))?;
        if text[end] == b']' {
            return Some(start..end + 1);
        }
        // Whatever else begins on this line does not end on it either.
        at = end;
    }
}

/// Whether there is an encrypted value in a text.
#[must_use]
pub fn has_tokens(text: &[u8]) -> bool {
    find(text, 0).is_some()
}

/// `text` with a digest in the place of each encrypted value.
#[must_use]
pub fn digests(text: &[u8]) -> Zeroizing<Vec<u8>> {
    replace(text, |_| Some(Shown::Digest))
}

/// `text` with what `show` says in the place of each encrypted value; `None` leaves it.
pub(super) fn replace(text: &[u8], mut show: impl FnMut(&[u8]) -> Option<Shown>) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let (mut done, mut from) = (0, 0);
    while let Some(range) = find(text, from) {
        from = range.end;
        let token = &text[range.clone()];
        let Some(shown) = show(token) else { continue };
        push(&mut out, &text[done..range.start]);
        match shown {
            Shown::Digest => push(&mut out, digest(token, '~').as_bytes()),
            Shown::Broken => push(&mut out, digest(token, '!').as_bytes()),
            Shown::Text(text) => push(&mut out, &text),
        }
        done = range.end;
    }
    push(&mut out, &text[done..]);
    out
}

fn digest(token: &[u8], mark: char) -> String {
    let kind = Envelope::parse_any(token).map_or("?", |envelope| envelope.label.text());
    format!("ENC<{kind} {mark}{}>", hex(&Sha256::digest(token), DIGITS))
}

#[cfg(test)]
mod tests {
    use super::{Shown, digests, find, replace};

    const TOKEN: &str = "ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:int]";

    #[test]
    fn whole_tokens_are_shown_by_their_digest() {
        let text = format!("a: {TOKEN}\nENC[AES256_GCM,data:cut\nb: \"{TOKEN}\" E");
        let shown = digests(text.as_bytes());
        let digest = "ENC<int ~c97b44b54f>";
        let wanted = format!("a: {digest}\nENC[AES256_GCM,data:cut\nb: \"{digest}\" E");
        assert_eq!(String::from_utf8(shown.to_vec()).unwrap(), wanted);
        assert_eq!(find(b"ENC[AES256_GCM,data:x", 0), None);
        assert_eq!(&**digests(b"ENC[AES256_GCM,x]"), b"ENC<? ~0cbf9db205>".as_slice());
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        let begun = std::time::Instant::now();
        for end in ["", "\n", "\n]"] {
            assert_eq!(find(format!("{}{end}", "ENC[AES256_GCM,".repeat(200_000)).as_bytes(), 0), None);
        }
        assert!(begun.elapsed().as_secs() < 5);
    }

    #[test]
    fn tokens_may_be_left_or_replaced() {
        let text = format!("{TOKEN} {TOKEN}");
        let mut first = true;
        let shown = replace(text.as_bytes(), |_| {
            std::mem::take(&mut first).then(|| Shown::Text(b"x".to_vec().into()))
        });
        assert_eq!(&**shown, format!("x {TOKEN}").as_bytes());
    }
}
