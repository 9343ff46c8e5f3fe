//! Installing a generation: every step of docs/containers.md, "Atomicity".

use super::error::{InstallError, failed, failed_on};
use super::fill::fill;
use super::modes::Modes;
use super::names::{DATA, NEXT, is_visible};
use super::same::is_same;
use super::survey::{Survey, make_link};
use super::undo::Undo;
use super::{remove, space, sys};
use crate::container::target::Target;
use crate::render::Bundle;
use rustix::fs::Stat;
use std::collections::HashSet;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// What an installation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The name of the current generation.
    pub generation: String,
    /// Whether it is a new one; otherwise what was there is the same already.
    pub changed: bool,
    /// The generation before, where it is still there.
    pub previous: Option<String>,
}

impl Target {
    /// Makes a bundle the current generation, at once. `undo` knows at every moment what has to be removed if
    /// the process is told to stop.
    ///
    /// # Errors
    /// See [`InstallError`]; the generation before is still the current one, or there is none as before.
    pub fn install(&self, bundle: &Bundle, undo: &Undo) -> Result<Installed, InstallError> {
        self.install_if(bundle, undo, &mut |_| true)
    }

    /// The same, but `may` is asked when all is ready, right before a new generation, which it is told the name
    /// of, becomes the current one. It is not asked if what is there is the same already.
    ///
    /// # Errors
    /// See [`InstallError`]; [`InstallError::Stopped`] if it may not.
    pub fn install_if(
        &self,
        bundle: &Bundle,
        undo: &Undo,
        may: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Installed, InstallError> {
        if let Some(entry) = bundle.entries.iter().find(|entry| !is_visible(&entry.name)) {
            return Err(InstallError::BadName(entry.name.clone()));
        }
        let modes = Modes::of(bundle, &self.rules, self.us)?;
        let seen = Survey::of(self)?;
        seen.refuse_foreign(bundle)?;
        self.refuse_shared(&seen)?;
        let links: Vec<&str> = bundle
            .entries
            .iter()
            .map(|entry| entry.name.as_str())
            .filter(|name| seen.links.binary_search_by(|link| link.as_str().cmp(name)).is_err())
            .collect();
        let installed = self.replace(bundle, &modes, &seen, (&links, undo), may);
        installed.map_err(|error| {
            undo.roll_back();
            space::or_full(error, &self.folder, bundle, &links)
        })
    }

    /// Removes generations that this process replaced at least `grace` ago. Gives the time until the next one
    /// is due, if any is left.
    ///
    /// # Errors
    /// The system refuses.
    pub fn sweep(&self, grace: Duration) -> Result<Option<Duration>, InstallError> {
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((name, since)) = retired.first() {
            let age = since.elapsed();
            if age < grace {
                return Ok(Some(grace - age));
            }
            remove::generation(&self.folder, name, self.us.uid).map_err(failed_on("remove", name))?;
            retired.remove(0);
        }
        Ok(None)
    }

    fn replace(
        &self,
        bundle: &Bundle,
        modes: &Modes,
        seen: &Survey,
        (links, undo): (&[&str], &Undo),
        may: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Installed, InstallError> {
        undo.step(|made| {
            made.begin(self)?;
            if seen.current.is_none() {
                // Left by a process that was killed, they lead to nothing.
                made.links.clone_from(&seen.links);
            }
            Ok(())
        })?;
        self.remove_leftovers(seen, undo)?;
        undo.step(|_| self.tighten())?;
        let same = seen.current.as_ref().filter(|name| is_same(&self.folder, name, bundle, modes));
        if let Some(current) = same {
            self.make_links(links, undo)?;
            undo.step(|made| {
                self.settle(modes, seen)?;
                made.end();
                Ok(())
            })?;
            self.remove_gone_links(bundle, seen, undo);
            return Ok(Installed { generation: current.clone(), changed: false, previous: None });
        }
        self.need_space(bundle, links)?;
        let generation = fill(self, bundle, modes, undo)?;
        self.make_links(links, undo)?;
        undo.step(|_| self.settle(modes, seen))?;
        if !may(&generation) {
            return Err(InstallError::Stopped);
        }
        self.switch(&generation, undo)?;
        // The new one is in use: what fails from here on is tried again by the next installation.
        self.remove_gone_links(bundle, seen, undo);
        let previous = seen.current.clone().filter(|name| !self.retire(name, undo));
        Ok(Installed { generation, changed: true, previous })
    }

    /// Removes what killed processes left; what this one keeps for its readers stays.
    fn remove_leftovers(&self, seen: &Survey, undo: &Undo) -> Result<(), InstallError> {
        if seen.next {
            undo.step(|_| sys::remove(&self.folder, NEXT).map_err(failed_on("remove", NEXT)))?;
        }
        for name in seen.others.iter().filter(|name| !self.is_retired(name)) {
            undo.step(|_| {
                remove::generation(&self.folder, name, self.us.uid).map_err(failed_on("remove", name))
            })?;
        }
        Ok(())
    }

    fn is_retired(&self, name: &str) -> bool {
        let retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        retired.iter().any(|(other, _)| other == name)
    }

    /// Refuses what does not fit. What is kept for readers goes before that.
    fn need_space(&self, bundle: &Bundle, links: &[&str]) -> Result<(), InstallError> {
        match space::check(&self.folder, bundle, links) {
            Err(InstallError::NoSpace { .. }) => {
                self.sweep(Duration::ZERO)?;
                space::check(&self.folder, bundle, links)
            }
            checked => checked,
        }
    }

    /// Refuses a folder that others write to as well, such as `/dev/shm`: closing it would shut them out.
    fn refuse_shared(&self, seen: &Survey) -> Result<(), InstallError> {
        let open = self.stat()?.is_some_and(|stat| stat.st_mode & 0o022 != 0);
        if open && seen.has_foreign() { Err(InstallError::Shared) } else { Ok(()) }
    }

    /// Keeps others from writing to a target of ours, before anything is in it (T5).
    fn tighten(&self) -> Result<(), InstallError> {
        let mode = self.stat()?.filter(|stat| stat.st_mode & 0o022 != 0).map(|stat| stat.st_mode);
        mode.map_or(Ok(()), |mode| {
            sys::set_mode(&self.folder, mode & 0o7755).map_err(failed("set the mode of the folder"))
        })
    }

    /// Gives a target of ours its group and mode, when all is ready. One with something else in it, such as
    /// `/run`, stays as open as it is for those who use that: the generation is closed by itself.
    fn settle(&self, modes: &Modes, seen: &Survey) -> Result<(), InstallError> {
        let Some(stat) = self.stat()? else { return Ok(()) };
        let now = stat.st_mode & 0o7777;
        let mode = if seen.has_foreign() { modes.shared_target(now) } else { modes.target(now) };
        let gid = modes.target_gid.filter(|gid| *gid != stat.st_gid);
        if let Some(gid) = gid.filter(|_| !seen.has_foreign() || mode != now) {
            sys::own(&self.folder, None, Some(gid)).map_err(failed("set the group of the folder"))?;
        }
        if mode != now {
            sys::set_mode(&self.folder, mode).map_err(failed("set the mode of the folder"))?;
        }
        Ok(())
    }

    /// Owner and mode of the target, if it is ours.
    fn stat(&self) -> Result<Option<Stat>, InstallError> {
        let stat = rustix::fs::fstat(&self.folder).map_err(failed("look at the folder"))?;
        Ok((stat.st_uid == self.us.uid).then_some(stat))
    }

    fn make_links(&self, links: &[&str], undo: &Undo) -> Result<(), InstallError> {
        for name in links {
            undo.step(|made| {
                make_link(self, name)?;
                made.links.push((*name).to_owned());
                Ok(())
            })?;
        }
        Ok(())
    }

    fn switch(&self, generation: &str, undo: &Undo) -> Result<(), InstallError> {
        undo.step(|made| {
            sys::link(&self.folder, NEXT, generation).map_err(failed("make the link to it"))?;
            made.next = true;
            Ok(())
        })?;
        undo.step(|made| {
            sys::rename(&self.folder, NEXT, DATA).map_err(failed("switch to the new generation"))?;
            made.end();
            Ok(())
        })
    }

    fn remove_gone_links(&self, bundle: &Bundle, seen: &Survey, undo: &Undo) {
        let wanted: HashSet<&str> = bundle.entries.iter().map(|entry| entry.name.as_str()).collect();
        for name in &seen.links {
            if !wanted.contains(name.as_str()) {
                let _ = undo.step(|_| remove::link(&self.folder, name).map_err(failed_on("remove", name)));
            }
        }
    }

    /// Removes the generation before, or keeps it for a while. Whether it is gone.
    fn retire(&self, name: &str, undo: &Undo) -> bool {
        if self.rules.keep_previous {
            let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
            retired.push((name.to_owned(), Instant::now()));
            return false;
        }
        let remove = |_: &mut _| {
            remove::generation(&self.folder, name, self.us.uid).map_err(failed_on("remove", name))
        };
        undo.step(remove).is_ok()
    }
}
