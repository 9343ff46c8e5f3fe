//! Users and groups by number or by name, read from `/etc/passwd` and `/etc/group` as text.
//!
//! A static program must not ask the C library for names: it would load plugins that an image without a
//! system does not have.

use crate::io::{ReadError, read_file};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

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

/// A user with everything that `/etc/passwd` and `/etc/group` say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The numbers.
    pub user: User,
    /// The name.
    pub name: String,
    /// The home folder.
    pub home: PathBuf,
    /// All groups, that of the user among them.
    pub groups: Vec<u32>,
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

/// The user that is listed as `text`, by name or number, with its home and its groups.
///
/// # Errors
/// See [`UserError`].
pub fn account(text: &str) -> Result<Account, UserError> {
    find_account(text, &Files { passwd: Path::new(PASSWD), group: Path::new(GROUP) })
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

fn find_account(text: &str, files: &Files<'_>) -> Result<Account, UserError> {
    let unknown = || UserError::Unknown { name: text.to_owned(), file: PASSWD };
    let wanted = number(text)?;
    let passwd = lines(files.passwd, PASSWD, text)?;
    let listed = passwd.split(|byte| *byte == b'\n').find_map(|line| {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
        let [name, _, uid, gid, _, home, ..] = *fields.as_slice() else { return None };
        let user = User { uid: read_number(uid)?, gid: read_number(gid)? };
        let is_meant = wanted.map_or(name == text.as_bytes(), |number| number == user.uid);
        is_meant.then(|| (user, String::from_utf8_lossy(name).into_owned(), OsStr::from_bytes(home).into()))
    });
    let (user, name, home): (User, String, PathBuf) = listed.ok_or_else(unknown)?;
    let mut groups = vec![user.gid];
    let group = match lines(files.group, GROUP, text) {
        Err(UserError::NoFile { .. }) => Vec::new(),
        lines => lines?,
    };
    for line in group.split(|byte| *byte == b'\n') {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
        if let [_, _, gid, members] = *fields.as_slice()
            && members.split(|byte| *byte == b',').any(|member| member == name.as_bytes())
            && let Some(gid) = read_number(gid)
            && !groups.contains(&gid)
        {
            groups.push(gid);
        }
    }
    Ok(Account { user, name, home, groups })
}

/// A number as the files have it.
fn read_number(field: &[u8]) -> Option<u32> {
    std::str::from_utf8(field).ok().and_then(|text| number(text.trim()).ok()?)
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
    text.split(|byte| *byte == b'\n').find_map(|line| {
        let mut fields = line.split(|byte| *byte == b':');
        let (name, number) = (fields.next()?, read_number(fields.nth(1)?)?);
        let gid = fields.next().and_then(read_number);
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
    fn an_account_has_its_home_and_groups() {
        let folder = Folder::new();
        folder.file("passwd", PASSWD);
        folder.file(
            "group",
            b"staff:x:50:root,app\nown:x:100:app\nother:x:60:applet\nbroken:x:y:app\nend:x:70:app",
        );
        let files = Files { passwd: &folder.path("passwd"), group: &folder.path("group") };
        for text in ["app", "1000"] {
            let account = super::find_account(text, &files).unwrap();
            assert_eq!(account.user, User { uid: 1000, gid: 100 });
            assert_eq!((account.name.as_str(), account.home.to_str()), ("app", Some("/home/app")));
            assert_eq!(account.groups, [100, 50, 70]);
        }
        for text in ["nobody", "999", "broken", "nogroup", "", "app:staff"] {
            assert!(super::find_account(text, &files).is_err(), "{text}");
        }
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
