//! Descriptors that this process was given, and those it gives to the app.

use crate::io::reason;
use rustix::fs::{MemfdFlags, Mode, SealFlags, fchmod, fchown, fcntl_add_seals, memfd_create};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Gid, PidfdFlags, PidfdGetfdFlags, Uid, getpid, pidfd_getfd, pidfd_open};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use zeroize::Zeroizing;

/// The largest key, in bytes.
const LIMIT: usize = 1 << 20;

/// Why nothing was read from a descriptor.
#[derive(Debug, thiserror::Error)]
pub enum KeyFdError {
    /// Standard output or standard error.
    #[error("a key is not read from standard output or standard error")]
    Output,
    /// Nothing was given under this number.
    #[error("no such descriptor was given")]
    NotGiven,
    /// There is more than a key.
    #[error("it holds more than the limit of {LIMIT} bytes")]
    TooLarge,
    /// The system refused.
    #[error("{}", reason(.0))]
    System(#[from] io::Error),
}

/// Reads what the descriptor `number` has to its end, at most 1 MiB, and closes it. Standard input, 0, is at
/// its end afterwards for whoever comes next.
///
/// # Errors
/// See [`KeyFdError`].
pub fn read_key(number: i32) -> Result<Zeroizing<Vec<u8>>, KeyFdError> {
    if matches!(number, 1 | 2) {
        return Err(KeyFdError::Output);
    }
    if number == 0 {
        let stdin = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3).map_err(not_given)?;
        let key = read_all(&mut File::from(stdin));
        rustix::stdio::dup2_stdin(nothing()?).map_err(io::Error::from)?;
        return key;
    }
    let mut copy = File::from(copy(number)?);
    let key = read_all(&mut copy);
    nix::unistd::close(number).map_err(io::Error::from)?;
    key
}

/// A copy of the descriptor that this process was given under this number.
fn copy(number: i32) -> Result<OwnedFd, KeyFdError> {
    // Descriptors of our own all close when a program is executed; one that was given does not, or it would
    // not be here.
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{number}"));
    let flags = info.as_ref().ok().and_then(|info| info.lines().find_map(|line| line.strip_prefix("flags:")));
    let flags = flags.and_then(|flags| u64::from_str_radix(flags.trim(), 8).ok());
    if number < 0 || flags.is_some_and(|flags| flags & CLOSED_BY_EXECUTION != 0) {
        return Err(KeyFdError::NotGiven);
    }
    if matches!(&info, Err(error) if error.kind() == ErrorKind::NotFound)
        && std::path::Path::new("/proc/self/fdinfo").exists()
    {
        return Err(KeyFdError::NotGiven);
    }
    // Sockets too, and files where they were left; but the usual filter of containers forbids it.
    let by_process = pidfd_open(getpid(), PidfdFlags::empty())
        .and_then(|me| pidfd_getfd(me, number, PidfdGetfdFlags::empty()));
    match by_process {
        Ok(copy) => Ok(copy),
        Err(rustix::io::Errno::BADF) => Err(KeyFdError::NotGiven),
        Err(_) => match File::open(format!("/proc/self/fd/{number}")) {
            Ok(file) => Ok(file.into()),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(KeyFdError::NotGiven),
            Err(error) => Err(error.into()),
        },
    }
}

/// `O_CLOEXEC`, as `/proc` tells it.
const CLOSED_BY_EXECUTION: u64 = 0o2_000_000;

fn not_given(error: rustix::io::Errno) -> KeyFdError {
    match error {
        rustix::io::Errno::BADF => KeyFdError::NotGiven,
        error => KeyFdError::System(error.into()),
    }
}

/// Something to read that is at its end.
fn nothing() -> io::Result<OwnedFd> {
    match File::open("/dev/null") {
        Ok(file) => Ok(file.into()),
        // A pipe that nobody writes to.
        Err(_) => Ok(io::pipe()?.0.into()),
    }
}

fn read_all(source: &mut impl Read) -> Result<Zeroizing<Vec<u8>>, KeyFdError> {
    // One buffer for everything: one that grows leaves copies.
    let mut buffer = Zeroizing::new(vec![0; LIMIT + 1]);
    let mut length = 0;
    while length < buffer.len() {
        match source.read(&mut buffer[length..]) {
            Ok(0) => {
                let mut key = Zeroizing::new(Vec::with_capacity(length));
                key.extend_from_slice(&buffer[..length]);
                crate::secret::keep_in_memory(&key);
                return Ok(key);
            }
            Ok(read) => length += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(KeyFdError::TooLarge)
}

/// A file in memory that has no place, holds `content`, and can never be changed: for the app to open as
/// `/proc/self/fd/N`. It belongs to `owner`, user and group, who may read it; to this process if there is
/// none. It closes when a program is executed, unless [`keep`] is called.
///
/// # Errors
/// The system refuses.
pub fn sealed_file(name: &str, content: &[u8], owner: Option<(u32, u32)>) -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    // Older systems do not know the flag for "never a program".
    let memory =
        memfd_create(name, flags | MemfdFlags::NOEXEC_SEAL).or_else(|_| memfd_create(name, flags))?;
    let mut file = File::from(memory);
    file.write_all(content)?;
    file.rewind()?;
    fchmod(&file, Mode::RUSR)?;
    if let Some((uid, gid)) = owner {
        fchown(&file, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))?;
    }
    fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
    Ok(file.into())
}

/// Closes descriptor `number`, unless it is one of the three standard streams: the app is not to have it.
pub fn close(number: i32) {
    if number > 2 {
        // Where it was not open, nothing is to be done.
        let _ = nix::unistd::close(number);
    }
}

/// Whether two files of [`sealed_file`] hold the same, whatever their readers have read.
///
/// # Errors
/// The system refuses.
pub fn hold_the_same(one: impl AsFd, other: impl AsFd) -> io::Result<bool> {
    let content = |fd: BorrowedFd<'_>| -> io::Result<Zeroizing<Vec<u8>>> {
        let size = usize::try_from(rustix::fs::fstat(fd)?.st_size).map_err(io::Error::other)?;
        let mut bytes = Zeroizing::new(vec![0; size]);
        let mut done = 0;
        while done < size {
            match rustix::io::pread(fd, &mut bytes[done..], done as u64)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                read => done += read,
            }
        }
        Ok(bytes)
    };
    Ok(content(one.as_fd())? == content(other.as_fd())?)
}

/// Lets the programs have `fd` that are executed from now on.
///
/// # Errors
/// The system refuses.
pub fn keep(fd: impl AsFd) -> io::Result<()> {
    Ok(fcntl_setfd(fd, FdFlags::empty())?)
}

#[cfg(test)]
mod tests {
    use super::{KeyFdError, LIMIT, hold_the_same, keep, read_all, read_key, sealed_file};
    use std::fs::{File, OpenOptions};
    use std::io::{Read, Write};
    use std::os::fd::{AsRawFd, IntoRawFd};

    /// A pipe to read from, as if this process had been given it, with `content` waiting.
    fn given(content: &[u8]) -> i32 {
        let (read, mut write) = std::io::pipe().unwrap();
        write.write_all(content).unwrap();
        keep(&read).unwrap();
        read.into_raw_fd()
    }

    #[test]
    fn a_key_is_read_and_its_descriptor_closed() {
        let number = given(b"AGE-SECRET-KEY");
        assert_eq!(**read_key(number).unwrap(), *b"AGE-SECRET-KEY");
        let gone = std::fs::read_link(format!("/proc/self/fd/{number}"));
        // Another test may have opened something under this number since; a pipe that has been read it is not.
        assert!(gone.is_err() || read_key(number).map_or(true, |key| key.is_empty()));
    }

    #[test]
    fn descriptors_of_our_own_are_not_read() {
        let file = File::open("/dev/zero").unwrap();
        assert!(matches!(read_key(file.as_raw_fd()), Err(KeyFdError::NotGiven)));
        assert!(matches!(read_key(1), Err(KeyFdError::Output)));
        assert!(matches!(read_key(2), Err(KeyFdError::Output)));
        for number in [-1, i32::MIN, 999_999, i32::MAX] {
            assert!(matches!(read_key(number), Err(KeyFdError::NotGiven)), "{number}");
        }
    }

    #[test]
    fn a_key_has_an_end() {
        assert!(matches!(read_all(&mut std::io::repeat(7)), Err(KeyFdError::TooLarge)));
        assert_eq!(read_all(&mut std::io::repeat(7).take(LIMIT as u64)).unwrap().len(), LIMIT);
    }

    #[test]
    fn sealed_files_are_compared_by_what_they_hold() {
        let file = |content: &[u8]| sealed_file("db", content, None).unwrap();
        let (one, same) = (File::from(file(b"hunter2")), file(b"hunter2"));
        (&one).read_to_string(&mut String::new()).unwrap();
        assert!(hold_the_same(&one, &same).unwrap());
        assert!(!hold_the_same(&one, file(b"hunter3")).unwrap());
        assert!(!hold_the_same(file(b""), &one).unwrap());
        assert!(hold_the_same(file(b""), file(b"")).unwrap());
    }

    #[test]
    fn a_sealed_file_can_be_read_only() {
        let file = File::from(sealed_file("db", b"hunter2", None).unwrap());
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        assert_eq!(std::fs::read(&path).unwrap(), b"hunter2");
        assert_eq!(std::fs::read(&path).unwrap(), b"hunter2");
        let mut text = String::new();
        (&file).read_to_string(&mut text).unwrap();
        assert_eq!(text, "hunter2");
        assert!((&file).write_all(b"x").is_err());
        assert!(file.set_len(0).is_err());
        // Root may open it for writing, and still not write.
        assert!(
            OpenOptions::new().write(true).open(&path).and_then(|mut file| file.write_all(b"x")).is_err()
        );
    }
}
