//! Bounded reads of files and of standard input.
//!
//! What is read may be secret: it stands in one buffer that is wiped, and a buffer that was too small
//! is wiped before the next takes its place.

use super::{Fingerprint, reason};
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use zeroize::Zeroizing;

/// The first buffer where the size is not known, in bytes.
const FIRST_BUFFER: usize = 64 * 1024;

/// What was read.
pub struct Input {
    /// The bytes.
    pub bytes: Zeroizing<Vec<u8>>,
    /// What the file was like, for [`super::replace`]; `None` for what is not a regular file.
    pub fingerprint: Option<Fingerprint>,
}

/// Why something cannot be read. The caller names the file.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such file.
    #[error("there is no such file")]
    NotFound,
    /// It is a folder.
    #[error("it is a folder")]
    Folder,
    /// It is a pipe, a device or a socket.
    #[error("it is not a regular file")]
    NotRegular,
    /// It is larger than the limit.
    #[error("it is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Standard input was read before.
    #[error("standard input can be read only once")]
    StdinTaken,
    /// The system refused.
    #[error("{}", reason(.0))]
    Io(#[source] io::Error),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => ReadError::NotFound,
            ErrorKind::IsADirectory => ReadError::Folder,
            _ => ReadError::Io(error),
        }
    }
}

/// Reads the file at `path`, at most `limit` bytes.
///
/// # Errors
/// See [`ReadError`].
pub fn read_file(path: &Path, limit: usize) -> Result<Input, ReadError> {
    read_opened(File::open(path)?, limit)
}

/// Reads the regular file at `path`, at most `limit` bytes. Never waits for a pipe or a device.
///
/// # Errors
/// See [`ReadError`].
pub fn read_regular_file(path: &Path, limit: usize) -> Result<Input, ReadError> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = rustix::fs::openat(rustix::fs::CWD, path, flags, Mode::empty()).map_err(io::Error::from)?;
    let file = File::from(file);
    let metadata = file.metadata()?;
    if !metadata.is_file() && !metadata.is_dir() {
        return Err(ReadError::NotRegular);
    }
    read_opened(file, limit)
}

fn read_opened(mut file: File, limit: usize) -> Result<Input, ReadError> {
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(ReadError::Folder);
    }
    let size = metadata.is_file().then_some(metadata.len());
    if size.is_some_and(|size| size > limit as u64) {
        return Err(ReadError::TooLarge { limit });
    }
    let bytes = read_all(&mut file, size.map(|size| size as usize), limit)?;
    Ok(Input { bytes, fingerprint: size.map(|_| Fingerprint::of(&metadata)) })
}

/// Reads standard input to its end, at most `limit` bytes, once in the life of the process.
///
/// # Errors
/// See [`ReadError`].
pub fn read_stdin(limit: usize) -> Result<Zeroizing<Vec<u8>>, ReadError> {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    if TAKEN.swap(true, Ordering::Relaxed) {
        return Err(ReadError::StdinTaken);
    }
    // Not `std::io::stdin`: its buffer keeps what went through it.
    let mut stdin = File::from(rustix::io::dup(rustix::stdio::stdin()).map_err(io::Error::from)?);
    if stdin.metadata()?.is_dir() {
        return Err(ReadError::Folder);
    }
    read_all(&mut stdin, None, limit)
}

/// Reads `source` to its end into a buffer that has one byte more than the expected `size`.
fn read_all(
    source: &mut impl Read,
    size: Option<usize>,
    limit: usize,
) -> Result<Zeroizing<Vec<u8>>, ReadError> {
    let first = size.unwrap_or(FIRST_BUFFER).min(limit);
    let mut buffer = Zeroizing::new(vec![0; first + 1]);
    let mut length = 0;
    loop {
        if length > limit {
            return Err(ReadError::TooLarge { limit });
        }
        if length == buffer.len() {
            let mut larger = Zeroizing::new(vec![0; length.saturating_mul(2).min(limit + 1)]);
            larger[..length].copy_from_slice(&buffer);
            buffer = larger;
        }
        match source.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    buffer.truncate(length);
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::testing::Folder;

    /// Gives a few bytes at a time, interrupted now and then.
    struct Slow<'a>(&'a [u8], bool);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(ErrorKind::Interrupted.into());
            }
            let count = self.0.len().min(out.len()).min(7);
            out[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn a_read_ends_at_the_end_or_at_the_limit() {
        let text: Vec<u8> = (0..=255).collect();
        for size in [None, Some(0), Some(10), Some(255), Some(256), Some(900)] {
            let read = |limit| read_all(&mut Slow(&text, false), size, limit);
            assert_eq!(**read(256).unwrap(), text[..], "{size:?}");
            assert_eq!(**read(10_000).unwrap(), text[..], "{size:?}");
            assert!(matches!(read(255), Err(ReadError::TooLarge { limit: 255 })), "{size:?}");
            assert!(matches!(read(0), Err(ReadError::TooLarge { limit: 0 })), "{size:?}");
        }
    }

    #[test]
    fn a_known_size_is_allocated_once() {
        let text = [7; 100];
        assert_eq!(read_all(&mut &text[..], Some(100), 1000).unwrap().capacity(), 101);
    }

    #[test]
    fn regular_files_are_read_without_waiting() {
        use super::read_regular_file;
        use rustix::fs::{CWD, Mode};
        let folder = Folder::new();
        let file = folder.file("a", b"text");
        assert_eq!(**read_regular_file(&file, 9).unwrap().bytes, *b"text");
        let pipe = folder.path("pipe");
        rustix::fs::mkfifoat(CWD, &pipe, Mode::RUSR | Mode::WUSR).unwrap();
        for path in [pipe.as_path(), std::path::Path::new("/dev/zero")] {
            assert!(matches!(read_regular_file(path, 9), Err(ReadError::NotRegular)), "{}", path.display());
        }
        assert!(matches!(read_regular_file(&folder.0, 9), Err(ReadError::Folder)));
        assert!(matches!(read_regular_file(&folder.path("none"), 9), Err(ReadError::NotFound)));
    }

    #[test]
    fn what_is_no_file_is_told_apart() {
        let folder = Folder::new();
        assert!(matches!(read_file(&folder.0, 9), Err(ReadError::Folder)));
        assert!(matches!(read_file(&folder.path("none"), 9), Err(ReadError::NotFound)));
        let file = folder.file("a", b"abc");
        assert!(matches!(read_file(&file.join("b"), 9), Err(ReadError::NotFound)));
        assert!(matches!(read_file(&file, 2), Err(ReadError::TooLarge { limit: 2 })));
        let input = read_file(&file, 3).unwrap();
        assert_eq!(**input.bytes, *b"abc");
        assert!(input.fingerprint.is_some());
        assert!(read_file(Path::new("/dev/null"), 3).unwrap().fingerprint.is_none());
    }
}
