//! What `seal git textconv` and `seal git difftool` share: how values are shown, with which keys, for how
//! long.
//!
//! Git starts them for each version that it shows, unattended: they never ask, never wait and never fail for
//! want of a key.

use crate::commands::{Context, Flags};
use crate::doc::FormatName;
use crate::error::{Code, Failure};
use crate::io::{self, ReadError};
use crate::keys::{self, DataKey, DecryptionOrder, KeyError, KeyKind, MasterKey, RecoverError, Services};
use crate::policy::{GitSettings, Names, Settings, find};
use crate::sops::Metadata;
use crate::view::{self, File, Reader, Show, View};
use std::cell::OnceCell;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// The most bytes that are read.
const MOST_BYTES: usize = 1 << 30;
/// The largest configuration in which names are looked for.
const MOST_CONFIG_BYTES: usize = 1 << 20;
/// How long keys may take, all together.
const LONGEST: Duration = Duration::from_secs(2);
/// The same with key services of other processes.
const LONGEST_REMOTE: Duration = Duration::from_secs(5);
/// What is left of that when a program is given up, so that it can be ended.
const MARGIN: Duration = Duration::from_millis(200);

/// How encrypted values are to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// In plain where Git shows them to a person.
    Auto,
    /// So.
    Always(Show),
}

impl Wish {
    /// The wish of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "auto" => Some(Wish::Auto),
            "plain" => Some(Wish::Always(Show::Plain)),
            "structure" => Some(Wish::Always(Show::Structure)),
            _ => None,
        }
    }

    /// What it comes to. The environment goes first; what it says and nobody understands shows nothing.
    fn show(self, settings: &GitSettings) -> Show {
        let wish = match &settings.show {
            Some(name) => name.to_str().and_then(Wish::of).unwrap_or(Wish::Always(Show::Structure)),
            None => self,
        };
        match wish {
            Wish::Always(show) => show,
            Wish::Auto if settings.pager_in_use && !settings.ci => Show::Plain,
            Wish::Auto => Show::Structure,
        }
    }
}

/// Files are shown with it.
pub(super) struct Viewer {
    context: Context,
    show: Show,
    remote: bool,
    /// Made when the first value is to be decrypted.
    services: OnceCell<Arc<Services>>,
    deadline: OnceCell<Instant>,
    names: OnceCell<Names>,
}

impl Viewer {
    /// A viewer for this run. With `remote`, key services of other processes are asked.
    pub(super) fn new(wish: Wish, remote: bool) -> Self {
        let settings = Settings::usable_from_env();
        let show = wish.show(&settings.git);
        let context = Context::new(settings, Flags { quiet: true, ..Flags::default() });
        let (services, deadline, names) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { context, show, remote, services, deadline, names }
    }

    /// The context, for failures.
    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    /// The file at `path` as it is shown.
    ///
    /// # Errors
    /// It cannot be read (2).
    pub(super) fn text(&self, path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let name = path.to_string_lossy();
        let bytes = match read(path) {
            Ok(bytes) => bytes,
            Err(ReadError::TooLarge { limit }) => {
                let format = view::format_of(&name, b"");
                let text = format!("{} seal: not shown: larger than {limit} bytes\n", view::leader(format));
                return Ok(Zeroizing::new(text.into_bytes()));
            }
            Err(error) => {
                let headline = format!("cannot read `{}`", printable(&name));
                return Err(Failure::new(Code::CannotReadInput, headline).cause(error.to_string()));
            }
        };
        Ok(self.view(&name, view::format_of(&name, &bytes), &bytes).text())
    }

    fn view(&self, name: &str, format: FormatName, bytes: &[u8]) -> View {
        let unlock = |metadata: &Metadata| self.unlock(name, metadata);
        let name_of = |key: &MasterKey| self.names().name_of(key);
        let reader = Reader { unlock: &unlock, name_of: &name_of };
        view::render(File { format, bytes }, self.show, &reader)
    }

    /// The names in the configuration; none if there is none that can be read at once.
    fn names(&self) -> &Names {
        self.names.get_or_init(|| {
            let Ok(current) = self.context.settings().current_dir() else { return Names::default() };
            let Some(path) = find(self.context.named_config(), &current).config else {
                return Names::default();
            };
            let read = io::read_regular_file(&current.join(&path), MOST_CONFIG_BYTES);
            read.map(|input| Names::of(&input.bytes, &current)).unwrap_or_default()
        })
    }

    /// The data key. Whatever it takes goes on beside this thread, which waits no longer than it may.
    fn unlock(&self, name: &str, metadata: &Metadata) -> Result<DataKey, String> {
        let longest = if self.remote { LONGEST_REMOTE } else { LONGEST };
        let deadline = *self.deadline.get_or_init(|| Instant::now() + longest);
        let services = self
            .services
            .get_or_init(|| Arc::new(self.context.unattended_services(longest - MARGIN, self.remote)))
            .clone();
        let order = self.context.decryption_order().unwrap_or_else(|_| DecryptionOrder::default().kinds);
        let (groups, threshold) = (metadata.groups.clone(), metadata.threshold);
        let (sender, receiver) = mpsc::channel();
        let work = move || {
            // Nobody waits any more if it cannot be sent.
            let _ = sender.send(keys::recover(&groups, threshold, &services, &order));
        };
        let reason = match std::thread::Builder::new().spawn(work) {
            Err(_) => "no thread can be started".to_owned(),
            Ok(_) => match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Ok(key)) => return Ok(key),
                Ok(Err(error)) => {
                    self.log_attempts(&error);
                    reason(&error, self.remote).to_owned()
                }
                Err(_) => "no key: timed out".to_owned(),
            },
        };
        self.log(&format!("{}: not decrypted: {reason}", printable(name)));
        Err(reason)
    }

    fn log_attempts(&self, error: &RecoverError) {
        for line in error.lines(MasterKey::short_recipient) {
            self.log(&line);
        }
    }

    /// Says what is not said otherwise, if somebody wants to know.
    fn log(&self, text: &str) {
        if self.context.settings().git.log {
            self.context.show(text);
        }
    }
}

/// The content of a file; nothing of `/dev/null`, by which Git names a version that does not exist.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, ReadError> {
    if path == Path::new("/dev/null") {
        return Ok(Zeroizing::default());
    }
    io::read_regular_file(path, MOST_BYTES).map(|input| input.bytes)
}

pub(super) fn printable(name: &str) -> String {
    String::from_utf8_lossy(&view::one_line(name.as_bytes())).into_owned()
}

/// Why there is no data key, in a few words.
fn reason(error: &RecoverError, remote: bool) -> &'static str {
    let is_near = |kind| matches!(kind, KeyKind::Age | KeyKind::Pgp);
    if error.timed_out() {
        "no key: timed out"
    } else if error.attempts().any(|attempt| attempt.error == KeyError::Postponed) {
        "no key that needs no passphrase and no program"
    } else if !remote && error.attempts().any(|attempt| !is_near(attempt.key.kind)) {
        "no key at hand, and remote keys are not asked"
    } else {
        "no key"
    }
}

#[cfg(test)]
mod tests {
    use super::{GitSettings, Show, Wish};

    #[test]
    fn values_are_shown_to_people_only() {
        let auto =
            |pager_in_use, ci| Wish::Auto.show(&GitSettings { pager_in_use, ci, ..Default::default() });
        assert_eq!(auto(true, false), Show::Plain);
        for (pager, ci) in [(true, true), (false, false), (false, true)] {
            assert_eq!(auto(pager, ci), Show::Structure);
        }
    }

    #[test]
    fn the_environment_goes_first() {
        let said = |name: &str, wish: Wish| {
            wish.show(&GitSettings { show: Some(name.into()), ..Default::default() })
        };
        assert_eq!(said("plain", Wish::Always(Show::Structure)), Show::Plain);
        assert_eq!(said("auto", Wish::Always(Show::Plain)), Show::Structure);
        assert_eq!(said("everything", Wish::Always(Show::Plain)), Show::Structure);
    }
}
