//! Users and groups by number or by name, read from `/etc/passwd` and `/etc/group` as text.
//!
//! A static program must not ask the C library for names: it would load plugins that an image without a
//! system does not have.

use crate::io::{ReadError, read_file};
use std::path::Path;

/// Larger files are not read, in bytes.
const LIMIT: usize = 1 << 20;
/// Where users are listed.
const PASSWD: &str = "/etc/passwd";
/// Where groups are listed.
const GROUP: &str = "/etc/group";

/// Whom the app runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    /// The user.
    pub uid: u32,
    /// The group; there are no others.
    pub gid: u32,
}

/// Why a user or group is not known.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// Not of the form `USER` or `USER:GROUP`.
    #[error("`{0}` is not of the form USER or USER:GROUP")]
    Form(String),
    /// A number that no user or group can have.
    #[error("`{0}` is too large for a user or group")]
    Number(String),
    /// A name was given, and the file that says what it means does not exist.
    #[error("`{name}` is a name, and there is no {file} that says which number it has")]
    NoFile {
        /// The name.
        name: String,
        /// The file.
        file: &'static str,
    },
    /// A name was given, and the file that says what it means cannot be read.
    #[error("cannot read {file}: {source}")]
    Unreadable {
        /// The file.
        file: &'static str,
        /// Why.
        source: ReadError,
    },
    /// The file does not have this name.
    #[error("there is no `{name}` in {file}")]
    Unknown {
        /// The name.
        name: String,
        /// The file.
        file: &'static str,
    },
}

/// The user that `text` means: `1000`, `1000:1000`, `app`, `app:staff`.
///
/// Without a group it is the one of the user in `/etc/passwd`. A number that is not listed there gets the
/// group with the same number: the group 0 that Docker would take belongs to root.
///
/// # Errors
/// See [`UserError`].
pub fn user(text: &str) -> Result<User, UserError> {
    find_user(text, &Files { passwd: Path::new(PASSWD), group: Path::new(GROUP) })
}

/// The number of the group that `text` means: `1000` or `staff`.
///
/// # Errors
/// See [`UserError`].
pub fn group(text: &str) -> Result<u32, UserError> {
    find_group(text, Path::new(GROUP))
}

struct Files<'a> {
    passwd: &'a Path,
    group: &'a Path,
}

fn find_user(text: &str, files: &Files<'_>) -> Result<User, UserError> {
    let (user, group) = match text.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (text, None),
    };
    if user.is_empty() || group.is_some_and(|group| group.is_empty() || group.contains(':')) {
        return Err(UserError::Form(text.to_owned()));
    }
    let number = number(user)?;
    // A file is read only where something has to be looked up in it.
    let listed = match (number, group) {
        (Some(_), Some(_)) => None,
        (Some(_), None) => match lines(files.passwd, PASSWD, user) {
            Err(UserError::NoFile { .. }) => None,
            lines => find(&lines?, |entry| Some(entry.number) == number),
        },
        (None, _) => {
            let entry = find(&lines(files.passwd, PASSWD, user)?, |entry| entry.name == user.as_bytes());
            Some(entry.ok_or_else(|| UserError::Unknown { name: user.to_owned(), file: PASSWD })?)
        }
    };
    let uid = number.or(listed.as_ref().map(|(uid, _)| *uid));
    let own = listed.and_then(|(_, gid)| gid);
    let gid = match group {
        Some(group) => Some(find_group(group, files.group)?),
        None => own.or(number),
    };
    match (uid, gid) {
        (Some(uid), Some(gid)) => Ok(User { uid, gid }),
        _ => Err(UserError::Unknown { name: user.to_owned(), file: PASSWD }),
    }
}

fn find_group(text: &str, file: &Path) -> Result<u32, UserError> {
    if text.is_empty() || text.contains(':') {
        return Err(UserError::Form(text.to_owned()));
    }
    if let Some(number) = number(text)? {
        return Ok(number);
    }
    let entry = find(&lines(file, GROUP, text)?, |entry| entry.name == text.as_bytes());
    entry.map(|(gid, _)| gid).ok_or_else(|| UserError::Unknown { name: text.to_owned(), file: GROUP })
}

/// Digits only are a number, whatever names there are.
fn number(text: &str) -> Result<Option<u32>, UserError> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    // The largest one means "unchanged" to the system.
    match text.parse() {
        Ok(number) if number < u32::MAX => Ok(Some(number)),
        _ => Err(UserError::Number(text.to_owned())),
    }
}

fn lines(path: &Path, file: &'static str, name: &str) -> Result<Vec<u8>, UserError> {
    match read_file(path, LIMIT) {
        Ok(input) => Ok(input.bytes.to_vec()),
        Err(ReadError::NotFound) => Err(UserError::NoFile { name: name.to_owned(), file }),
        Err(source) => Err(UserError::Unreadable { file, source }),
    }
}

/// A line: a name and a number, and where it is one of a user, its group.
struct Entry<'a> {
    name: &'a [u8],
    number: u32,
}

/// The number and the group of the first line that fits; lines that are not whole are no lines.
fn find(text: &[u8], fits: impl Fn(&Entry<'_>) -> bool) -> Option<(u32, Option<u32>)> {
    let parse = |field: &[u8]| std::str::from_utf8(field).ok().and_then(|text| number(text.trim()).ok()?);
    text.split(|byte| *byte == b'\n').find_map(|line| {
        let mut fields = line.split(|byte| *byte == b':');
        let (name, number) = (fields.next()?, parse(fields.nth(1)?)?);
        let gid = fields.next().and_then(parse);
        fits(&Entry { name, number }).then_some((number, gid))
    })
}

#[cfg(test)]
mod tests {
    use super::{Files, User, UserError, find_user};
    use crate::io::testing::Folder;

    const PASSWD: &[u8] = b"root:x:0:0:root:/root:/bin/sh\n\
        # comment\nbroken\nbad:x:no:1::\napp:x:1000:100:An app:/home/app:/bin/sh\n\
        1234:x:7:7:::\nnogroup:x:9::\n\xff\xfe:x:5:5\nlast:*:42:43:::/bin/false";
    const GROUP: &[u8] = b"root:x:0:\nstaff:x:50:app,root\nhalf:x\nend:x:51:";

    fn look(text: &str, passwd: Option<&[u8]>, group: Option<&[u8]>) -> Result<(u32, u32), UserError> {
        let folder = Folder::new();
        for (name, content) in [("passwd", passwd), ("group", group)] {
            if let Some(content) = content {
                folder.file(name, content);
            }
        }
        let files = Files { passwd: &folder.path("passwd"), group: &folder.path("group") };
        find_user(text, &files).map(|User { uid, gid }| (uid, gid))
    }

    #[test]
    fn numbers_need_no_files() {
        assert_eq!(look("1000:1000", None, None).unwrap(), (1000, 1000));
        assert_eq!(look("0:0", None, None).unwrap(), (0, 0));
        assert_eq!(look("65532", None, None).unwrap(), (65532, 65532));
        assert_eq!(look("65532", Some(PASSWD), None).unwrap(), (65532, 65532));
        assert_eq!(look("4294967294:1", None, None).unwrap(), (4_294_967_294, 1));
    }

    #[test]
    fn names_and_groups_are_looked_up() {
        let look = |text| look(text, Some(PASSWD), Some(GROUP));
        assert_eq!(look("app").unwrap(), (1000, 100));
        assert_eq!(look("1000").unwrap(), (1000, 100));
        assert_eq!(look("app:staff").unwrap(), (1000, 50));
        assert_eq!(look("app:7").unwrap(), (1000, 7));
        assert_eq!(look("3:end").unwrap(), (3, 51));
        assert_eq!(look("last").unwrap(), (42, 43));
        // Digits are a number, though a user is called so.
        assert_eq!(look("1234").unwrap(), (1234, 1234));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let both = |text| look(text, Some(PASSWD), Some(GROUP));
        for text in ["", ":", "app:", ":staff", "1:2:3"] {
            assert!(matches!(both(text), Err(UserError::Form(_))), "{text}");
        }
        for text in ["4294967295", "1:4294967295", "99999999999999999999"] {
            assert!(matches!(both(text), Err(UserError::Number(_))), "{text}");
        }
        for text in ["bad", "broken", "# comment", "nobody", "nogroup", "-1", "+1", "app:half", "1:none"] {
            assert!(matches!(both(text), Err(UserError::Unknown { .. })), "{text}");
        }
        assert!(matches!(look("app", None, Some(GROUP)), Err(UserError::NoFile { .. })));
        assert!(matches!(look("1:staff", Some(PASSWD), None), Err(UserError::NoFile { .. })));
        let large = vec![b'x'; super::LIMIT + 1];
        assert!(matches!(look("app", Some(&large), None), Err(UserError::Unreadable { .. })));
    }
}
