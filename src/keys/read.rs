//! Bounded reading of what may be secret.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use zeroize::Zeroizing;

/// Largest identity source, in bytes: 16 MiB.
pub(super) const MAX_BYTES: usize = 16 << 20;

/// The whole content of a file.
pub(super) fn file(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    all(file, usize::try_from(length).unwrap_or(usize::MAX))
}

/// Everything from `source`, of which about `expected` bytes are expected. Buffers that were outgrown
/// are wiped.
pub(super) fn all(mut source: impl Read, expected: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(vec![0; expected.clamp(4096, MAX_BYTES) + 1]);
    let mut filled = 0;
    loop {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if filled > MAX_BYTES {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 16 MiB"));
        }
        if filled == buffer.len() {
            let mut larger = Zeroizing::new(vec![0; (filled * 2).min(MAX_BYTES + 1)]);
            larger[..filled].copy_from_slice(&buffer);
            buffer = larger;
        }
    }
    buffer.truncate(filled);
    Ok(buffer)
}

/// An error in words that do not depend on the system's language or numbers.
pub(super) fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        io::ErrorKind::FileTooLarge => "is larger than 16 MiB".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, all};
    use std::io::{Read, repeat};

    #[test]
    fn content_of_any_size_up_to_the_limit_is_whole() {
        for size in [0, 1, 4096, 4097, 4098, 100_000, MAX_BYTES] {
            assert_eq!(all(repeat(7).take(size as u64), 0).unwrap().len(), size);
        }
        assert!(all(repeat(7), 0).is_err());
        assert!(all(repeat(7).take(MAX_BYTES as u64 + 1), usize::MAX).is_err());
    }
}
