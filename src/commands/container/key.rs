//! Where the identity of a container comes from: the first place that has one counts, nothing is merged.

use super::request::KeyPlaces;
use crate::commands::Context;
use crate::commands::context::SopsKey;
use crate::container::fds;
use crate::container::users::User;
use crate::error::{Code, Failure};
use crate::io::{self, ReadError};
use crate::keys::Tried;
use crate::keys::age::recipients_of;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The file that an orchestrator puts an identity in.
const NAME: &str = "seal.key";
/// Where Docker and Swarm put secrets.
const SECRETS: &str = "/run/secrets";
/// Identities larger than this are not believed, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// A key that was found.
#[derive(Default)]
pub(super) struct FoundKey {
    /// What kind of place it was, for the audit log.
    pub(super) from: &'static str,
    /// The file, if it was one.
    pub(super) file: Option<PathBuf>,
    /// The recipients of the identities, where they are of age's own kinds.
    pub(super) recipients: Vec<String>,
    /// Whether the environment had it.
    pub(super) in_environment: bool,
}

/// Finds the identity and makes it the only one of the run.
///
/// # Errors
/// The place that counts cannot be read (128).
pub(super) fn find(context: &Context, places: &KeyPlaces) -> Result<FoundKey, Failure> {
    context.limit_key_commands(places.timeout);
    if let Some(number) = places.descriptor {
        let text = fds::read_key(number)
            .map_err(|error| unreadable(&format!("descriptor {number}"), &error.to_string()))?;
        return Ok(take(context, "fd", format!("descriptor {number}"), text));
    }
    if let Some((from, path)) = file(places, context) {
        return take_file(context, from, path);
    }
    if let Some(text) = &context.settings().container.key {
        if text.trim_start().starts_with('/') {
            return Err(unreadable("SEAL_KEY", "it holds a path, not an identity")
                .hint("the variable for a path is SEAL_KEY_FILE"));
        }
        return Ok(take_text(context, "SEAL_KEY", text));
    }
    match context.take_sops_key() {
        Some(SopsKey::File(path)) => take_file(context, "file", path),
        Some(SopsKey::Text(text)) => Ok(take_text(context, "SOPS_AGE_KEY", &text)),
        None => {
            context.looked_at(vain(context));
            Ok(FoundKey { from: "default", ..FoundKey::default() })
        }
    }
}

/// The places above, none of which has anything.
fn vain(context: &Context) -> Vec<Tried> {
    let credentials = match &context.settings().container.credentials {
        Some(folder) => Tried::new(folder.join(NAME).display().to_string(), "does not exist"),
        None => Tried::new("CREDENTIALS_DIRECTORY", "not set"),
    };
    let secret = Tried::new(format!("{SECRETS}/{NAME}"), "does not exist");
    vec![Tried::new("SEAL_KEY_FILE", "not set"), credentials, secret, Tried::new("SEAL_KEY", "not set")]
}

/// The first file in the order of the places.
fn file(places: &KeyPlaces, context: &Context) -> Option<(&'static str, PathBuf)> {
    let exists = |from, folder: &Path| {
        let path = folder.join(NAME);
        // What cannot be read counts, too: the message then says why.
        path.symlink_metadata().is_ok().then_some((from, path))
    };
    let credentials = context.settings().container.credentials.as_deref();
    let named = places.file.clone().map(|path| ("file", path));
    named.or_else(|| exists("credential", credentials?)).or_else(|| exists("secret", Path::new(SECRETS)))
}

fn take_file(context: &Context, from: &'static str, path: PathBuf) -> Result<FoundKey, Failure> {
    let name = path.display().to_string();
    let text = read(&path)?;
    Ok(FoundKey { file: Some(path), ..take(context, from, name, text) })
}

fn take_text(context: &Context, name: &str, text: &str) -> FoundKey {
    // The settings keep theirs as long as the process stays.
    crate::secret::keep_in_memory(text.as_bytes());
    let text = Zeroizing::new(text.as_bytes().to_vec());
    FoundKey { in_environment: true, ..take(context, "env", name.to_owned(), text) }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let name = path.display().to_string();
    if path.is_dir() {
        return Err(unreadable(&name, "it is a folder")
            .hint("Docker makes an empty folder where the source of a bind mount does not exist: look at -v or volumes"));
    }
    io::read_file(path, MAX_BYTES).map(|input| input.bytes).map_err(|error| {
        let failure = unreadable(&name, &error.to_string());
        match error {
            ReadError::NotFound if path.is_absolute() => failure.hint(format!(
                "it has to be in the container: docker run --mount type=bind,source=/PATH/OF/KEY,target={name},readonly"
            )),
            ReadError::Io(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                closed(failure, path)
            }
            _ => failure,
        }
    })
}

/// Says whose the file is, and how it becomes this user's.
fn closed(mut failure: Failure, path: &Path) -> Failure {
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    // A folder above it may be what is closed.
    if let Ok(metadata) = path.metadata() {
        let (owner, mode) = (metadata.uid(), metadata.mode() & 0o7777);
        failure = failure.cause(format!("it belongs to user {owner}, mode {mode:04o}; this is user {uid}"));
    }
    failure
        .hint(format!("where the file is kept: chown {uid}:{gid} FILE && chmod 0400 FILE"))
        .hint(format!("in Swarm: --secret source=NAME,target=seal.key,uid={uid},gid={gid},mode=0400"))
}

fn unreadable(place: &str, why: &str) -> Failure {
    Failure::new(Code::CannotRecoverKey, format!("cannot read the identity from `{place}`"))
        .named("E_NO_KEY")
        .cause(why)
}

fn take(context: &Context, from: &'static str, place: String, text: Zeroizing<Vec<u8>>) -> FoundKey {
    crate::secret::keep_in_memory(&text);
    let recipients = std::str::from_utf8(&text).ok().and_then(|text| recipients_of(text).ok());
    context.use_only_key(place, text);
    FoundKey { from, recipients: recipients.unwrap_or_default(), ..FoundKey::default() }
}

/// Whether every user of the system may read the file.
pub(super) fn is_open_to_all(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.mode() & 0o004 != 0)
}

/// Whether `user`, or this process where there is none, may read the file. The folders above it are taken
/// for open.
pub(super) fn can_read(path: &Path, user: Option<User>) -> bool {
    let Some(user) = user else {
        return rustix::fs::access(path, rustix::fs::Access::READ_OK).is_ok();
    };
    let Ok(metadata) = path.metadata() else { return false };
    let bit = if user.uid == 0 {
        return true;
    } else if metadata.uid() == user.uid {
        0o400
    } else if metadata.gid() == user.gid {
        0o040
    } else {
        0o004
    };
    metadata.mode() & bit != 0
}

#[cfg(test)]
mod tests {
    use super::{closed, unreadable};
    use crate::io::testing::Folder;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_closed_key_is_told_with_its_owner_and_the_way_out() {
        let folder = Folder::new();
        let path = folder.file("seal.key", b"x");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o240)).unwrap();
        let user = rustix::process::geteuid().as_raw();
        let failure = closed(unreadable("seal.key", "permission denied"), &path);
        assert_eq!(
            failure.causes,
            [
                "permission denied".to_owned(),
                format!("it belongs to user {user}, mode 0240; this is user {user}")
            ]
        );
        assert!(failure.hints[0].contains(&format!("chown {user}:")), "{:?}", failure.hints);
        // Behind a closed folder nothing is known of it.
        let failure = closed(unreadable("k", "permission denied"), &folder.path("none"));
        assert_eq!(failure.causes, ["permission denied"]);
    }
}
