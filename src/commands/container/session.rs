//! One run: key, files, folder, and what is said about them.

use super::audit::Audit;
use super::failure;
use super::key::{self, FoundKey};
use super::request::{DEFAULT_TARGET, Request};
use super::sources::{Sources, Voice};
use crate::commands::Context;
use crate::commands::input::Input;
use crate::container::generation::Undo;
use crate::container::target::{Notice, Reader, Rules, Target};
use crate::container::users::{self, User};
use crate::error::{Failure, Warning};
use crate::render::{self, Bundle, Mode, Template, Wish};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Templates larger than this are not believed, in bytes.
const MAX_TEMPLATE: usize = 4 << 20;

/// What is known of a run.
pub(super) struct Session<'a> {
    pub(super) context: &'a Context,
    pub(super) request: &'a Request,
    pub(super) audit: Audit,
    pub(super) key: FoundKey,
    undo: Arc<Undo>,
    reader: Reader,
    wish: Wish,
    target: Option<Target>,
    /// Whether the set in the folder is of this run, and not one that was there already.
    has_installed: bool,
}

/// What is in the folder.
pub(super) struct Rendered {
    generation: String,
    names: Vec<String>,
    /// Whether it was not there before.
    pub(super) changed: bool,
}

impl<'a> Session<'a> {
    /// Finds key and audit log, before any file is opened. `user` is whom the app becomes.
    ///
    /// # Errors
    /// A place that was named cannot be used.
    pub(super) fn begin(
        context: &'a Context,
        request: &'a Request,
        undo: Arc<Undo>,
        user: Option<User>,
        has_other_wishes: bool,
    ) -> Result<Self, Failure> {
        let audit = Audit::open(request.audit.as_deref(), request.audit_optional)?;
        let told = |result: Failure| {
            tell_refused(&audit, &result);
            result
        };
        let reader = reader(request, user).map_err(told)?;
        let wish = wish(request, has_other_wishes).map_err(told)?;
        let key = key::find(context, &request.key).map_err(told)?;
        let session =
            Self { context, request, audit, key, undo, reader, wish, target: None, has_installed: false };
        session.warn_of_key();
        let fields = json!({ "key_from": session.key.from, "identity": session.key.recipients });
        session.audit.event("key", fields)?;
        Ok(session)
    }

    /// Whether files go to a folder.
    fn has_target(&self) -> bool {
        !(self.wish.modes.is_empty() && self.wish.secrets.is_empty() && self.wish.templates.is_empty())
            || self.request.into.is_some()
    }

    /// The folder as it was named.
    pub(super) fn path(&self) -> &Path {
        self.request.into.as_deref().unwrap_or(Path::new(DEFAULT_TARGET))
    }

    /// What is rendered.
    pub(super) fn wish(&self) -> &Wish {
        &self.wish
    }

    /// The folder, once it was opened.
    pub(super) fn target(&self) -> Option<&Target> {
        self.target.as_ref()
    }

    /// Opens and verifies all files.
    ///
    /// # Errors
    /// See [`Sources::open`].
    pub(super) fn open(&self, voice: Voice) -> Result<Sources, Failure> {
        let sources = Sources::open(self.context, self.request, voice)?;
        if let Some(expiry) = sources.expiry
            && voice == Voice::Warn
            && expiry.is_near(self.context.now())
        {
            self.warn(format!("the secrets expire on {}", expiry.until));
        }
        Ok(sources)
    }

    /// Renders everything into the folder, or nothing. `event` is told before readers see it: what cannot be told
    /// is not rendered. `None` if nothing goes to a folder; then the event is not told.
    ///
    /// # Errors
    /// What was there before is there still.
    pub(super) fn install(&mut self, sources: &Sources, event: &str) -> Result<Option<Rendered>, Failure> {
        if !self.has_target() {
            return Ok(None);
        }
        let mut bundle = render::bundle(&sources.documents, &self.wish)
            .map_err(|error| failure::render(&sources.texts(), &error))?;
        bundle.expires = sources.expiry.map(|expiry| expiry.until.to_string());
        self.apply_mode(&mut bundle);
        let target = match self.target.take() {
            Some(target) => target,
            None => self.open_target()?,
        };
        let target = self.target.insert(target);
        let names = bundle.entries.iter().map(|entry| entry.name.clone()).collect();
        let mut rendered = Rendered { generation: String::new(), changed: false, names };
        let mut told = Ok(());
        let installed = target.install_if(&bundle, &self.undo, &mut |generation| {
            generation.clone_into(&mut rendered.generation);
            told = self.audit.event(event, fields(sources, Some((&rendered, target)), &self.key));
            told.is_ok()
        });
        told?;
        let installed = installed.map_err(|error| failure::install(&target.facts().path, &error))?;
        rendered.changed = installed.changed;
        rendered.generation = installed.generation;
        self.has_installed |= rendered.changed;
        Ok(Some(rendered))
    }

    /// Removes what this run has made for an app that cannot start after all, as far as the system lets it.
    pub(super) fn take_back(&self) {
        if let Some(target) = self.target.as_ref().filter(|_| self.has_installed) {
            // The failure before counts.
            let _ = target.clear();
        }
    }

    /// The event of a start that failed.
    pub(super) fn tell_refused(&self, failure: &Failure) {
        tell_refused(&self.audit, failure);
    }

    /// `--mode`, where a value has no mode of its own.
    fn apply_mode(&self, bundle: &mut Bundle) {
        for entry in &mut bundle.entries {
            entry.access.mode = entry.access.mode.or(self.request.what.mode);
        }
    }

    fn open_target(&self) -> Result<Target, Failure> {
        let rules = Rules {
            allow_disk: self.request.folder.allow_disk,
            require_noswap: self.request.folder.require_noswap,
            allow_world: self.request.what.allow_world,
            keep_previous: self.request.watch.every.is_some(),
            reader: self.reader,
        };
        let path = self.path();
        let target = Target::open(path, &rules).map_err(|error| failure::target(path, &error))?;
        let shown = path.display();
        for notice in target.notices() {
            self.warn(match notice {
                Notice::OnDisk => format!("`{shown}` is on {}, not in memory, as --allow-disk accepts", target.facts().file_system),
                Notice::WritableByOthers => {
                    format!("`{shown}` belongs to root and all who have this mount can write to it")
                }
                Notice::MayBeSwapped => {
                    format!("`{shown}` may be swapped to a disk: its tmpfs has no `noswap`, and swap space is active")
                }
                Notice::ClosedToReader { gid } => {
                    format!("`{shown}` belongs to root, and its mode keeps group {gid} out")
                }
            });
        }
        Ok(target)
    }

    /// The event of a rendering that was not told by [`Self::install`]: of files that are there already, or of none.
    ///
    /// # Errors
    /// It cannot be written (74).
    pub(super) fn tell(
        &self,
        event: &str,
        sources: &Sources,
        rendered: Option<&Rendered>,
    ) -> Result<(), Failure> {
        if rendered.is_some_and(|rendered| rendered.changed) {
            return Ok(());
        }
        self.audit.event(event, fields(sources, rendered.zip(self.target.as_ref()), &self.key))
    }

    /// An event with these fields.
    ///
    /// # Errors
    /// It cannot be written (74).
    pub(super) fn event(&self, name: &str, fields: Value) -> Result<(), Failure> {
        self.audit.event(name, fields)
    }

    /// Warns of something.
    pub(super) fn warn(&self, headline: String) {
        self.show(&Warning { headline, place: None, hints: Vec::new() });
    }

    /// The events tell of it, too: a warning that nobody reads is left out.
    fn show(&self, warning: &Warning) {
        if self.audit.may_warn() {
            self.context.warn(warning);
        }
    }

    /// Warns of a failure that stops nothing.
    pub(super) fn warn_of_failure(&self, consequence: &str, failure: &Failure) {
        let causes: String = failure.causes.iter().map(|cause| format!(": {}", cause.trim())).collect();
        self.show(&Warning {
            headline: format!("{}{causes}; {consequence}", failure.headline),
            place: failure.place.as_deref().cloned(),
            hints: failure.hints.clone(),
        });
    }

    fn warn_of_key(&self) {
        if self.key.in_environment {
            self.context.warn(&Warning {
                headline: "the identity is in the environment, where `docker inspect` shows it".to_owned(),
                place: None,
                hints: vec!["give it as a file or a secret: --key-file, or /run/secrets/seal.key".to_owned()],
            });
        }
    }

    /// Warns if strangers can read the identity.
    pub(super) fn warn_of_open_key(&self) {
        let Some(path) = &self.key.file else { return };
        if key::is_open_to_all(path) {
            self.context.warn(&Warning {
                headline: format!("all users can read the identity in `{}`", path.display()),
                place: None,
                hints: vec![
                    "give it mode 0400; in Swarm: --secret source=seal.key,uid=N,gid=N,mode=0400".to_owned(),
                ],
            });
        }
    }

    /// The folder for the app's variables, absolute.
    ///
    /// # Errors
    /// The current folder cannot be told.
    pub(super) fn absolute_path(&self) -> Result<PathBuf, Failure> {
        Ok(self.context.current_dir()?.join(self.path()))
    }
}

/// What the event of a rendering says.
fn fields(sources: &Sources, rendered: Option<(&Rendered, &Target)>, key: &FoundKey) -> Value {
    let mut fields = json!({ "result": "ok", "sources": sources.described() });
    if let Some((rendered, target)) = rendered {
        let facts = target.facts();
        fields["target"] = json!(facts.path.display().to_string());
        fields["fs"] = json!(facts.file_system);
        fields["noswap"] = json!(facts.noswap);
        fields["disk"] = json!(facts.disk);
        fields["generation"] = json!(rendered.generation);
        fields["names"] = json!(rendered.names);
    }
    fields["uid"] = json!(rustix::process::geteuid().as_raw());
    fields["gid"] = json!(rustix::process::getegid().as_raw());
    fields["identity"] = json!(key.recipients);
    fields["key_from"] = json!(key.from);
    fields
}

fn tell_refused(audit: &Audit, failure: &Failure) {
    let error = failure.name.unwrap_or("E_FAILED");
    let fields = json!({ "result": "refused", "error": error, "code": failure.code as u8 });
    // The failure itself is what counts.
    let _ = audit.event("render", fields);
}

/// Who reads what is rendered.
fn reader(request: &Request, user: Option<User>) -> Result<Reader, Failure> {
    let group =
        request.what.group.as_deref().map(users::group).transpose().map_err(|error| failure::user(&error))?;
    Ok(match (user, group) {
        (Some(user), group) => Reader::User { uid: user.uid, gid: group.unwrap_or(user.gid) },
        (None, Some(gid)) => Reader::Group(gid),
        (None, None) => Reader::Same,
    })
}

/// What is rendered. A whole document only where nothing else was asked for.
fn wish(request: &Request, has_other_wishes: bool) -> Result<Wish, Failure> {
    let what = &request.what;
    let picks = !what.secrets.is_empty() || !what.templates.is_empty() || has_other_wishes;
    let whole = what.forms.is_empty()
        && (!picks || request.into.is_some() && what.secrets.is_empty() && what.templates.is_empty());
    let modes = if whole { vec![Mode::File] } else { what.forms.clone() };
    let mut templates = Vec::new();
    for (file, name) in &what.templates {
        let input = Input::read(Path::new(file), MAX_TEMPLATE)?;
        templates.push(Template { name: name.clone(), source_name: file.clone(), text: input.bytes });
    }
    Ok(Wish {
        modes,
        secrets: what.secrets.clone(),
        templates,
        separator: what.separator,
        null: what.null,
        sealed_only: what.sealed_only,
        allow_world: what.allow_world,
    })
}
