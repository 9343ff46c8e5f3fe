//! Two versions of an encrypted file are opened, merged by key path, and encrypted.

use super::ancestor;
use super::exposure::Exposure;
use super::settings::{self, Settings};
use super::unmerged::{Unmerged, reason};
use crate::commands::context::Context;
use crate::commands::failure::{self, Subject};
use crate::commands::open::{self, Unlocked, Unlocking};
use crate::commands::{convert, rewrite};
use crate::crypto::hmac_sha256;
use crate::doc::dotenv::restore_line_ends;
use crate::doc::{Format, FormatName, Kind, Layout, Tree};
use crate::merge::{Choice, Conflict, Merge, Side, Version, lines};
use crate::sops::merged::Source;
use crate::sops::{Merged, Opened, Sealed, Selection};
use zeroize::Zeroizing;

/// Values that may come to stand in clear, each a conflict, beyond which no more are looked for.
const MOST_DOWNGRADES: usize = 100;

/// Three versions of a file, as they are stored.
pub struct Versions {
    /// The name of the file.
    pub name: String,
    /// Its format.
    pub format: FormatName,
    /// The common ancestor, which may be empty, ours, theirs.
    pub texts: [Zeroizing<Vec<u8>>; 3],
}

impl Versions {
    /// Versions of the file called `name`.
    #[must_use]
    pub fn new(name: String, mut texts: [Zeroizing<Vec<u8>>; 3]) -> Self {
        let format = FormatName::of_file(&name, &texts[Side::Ours as usize]);
        if format == FormatName::Dotenv {
            for text in &mut texts {
                if let Some(restored) = restore_line_ends(text) {
                    *text = restored;
                }
            }
        }
        Self { name, format, texts }
    }

    pub(super) fn text(&self, side: Side) -> &[u8] {
        &self.texts[side as usize]
    }

    /// A version, for messages about it.
    #[must_use]
    pub fn subject(&self, side: Side) -> Subject<'_> {
        Subject { name: &self.name, source: self.text(side), format: self.format }
    }
}

/// A version that was opened, with its plain text.
struct Open<'a> {
    unlocked: &'a Unlocked<'a>,
    text: Zeroizing<Vec<u8>>,
}

/// Versions that are opened and compared.
pub struct Ready<'a> {
    name: &'a str,
    format: FormatName,
    plain_format: &'static dyn Format,
    ours: &'a Open<'a>,
    theirs: &'a Open<'a>,
    base: Option<(&'a Opened<'a>, &'a [u8])>,
    settings: Settings<'a>,
    merge: Merge<'a>,
    /// The text of a binary file, merged line by line.
    whole: Option<Zeroizing<Vec<u8>>>,
    /// What the sides show already, if the selections differ.
    exposure: Option<Exposure>,
}

/// Opens and compares the versions, and gives them to `work`.
///
/// # Errors
/// They cannot be merged by key path, or what `work` says.
pub fn with<T>(
    context: &Context,
    versions: &Versions,
    work: impl FnOnce(&Ready<'_>) -> Result<T, Unmerged>,
) -> Result<T, Unmerged> {
    let load = |side: Side| {
        open::load(versions.subject(side)).map_err(|failure| Unmerged::Invalid(side, reason(&failure)))
    };
    let (ours, theirs) = (load(Side::Ours)?, load(Side::Theirs)?);
    let ours_unlocked = unlock(context, versions, Side::Ours, &ours)?;
    let theirs_unlocked = unlock(context, versions, Side::Theirs, &theirs)?;
    let opened = |side: Side, unlocked| -> Result<Open<'_>, Unmerged> {
        let unlocked: &Unlocked<'_> = unlocked;
        let text = rewrite::plain_text(versions.subject(side), &unlocked.opened)
            .map_err(|failure| Unmerged::Invalid(side, reason(&failure)))?;
        Ok(Open { unlocked, text })
    };
    let (ours, theirs) = (opened(Side::Ours, &ours_unlocked)?, opened(Side::Theirs, &theirs_unlocked)?);
    let plain_format = rewrite::plain_format(versions.subject(Side::Ours), &ours.unlocked.opened);
    let limits = convert::limits();
    let parse = |side: Side, text| {
        plain_format.parse(text, &limits).map_err(|error| Unmerged::Invalid(side, error.to_string()))
    };
    let (our_tree, their_tree) = (parse(Side::Ours, &ours.text)?, parse(Side::Theirs, &theirs.text)?);
    let (our_values, their_values) = (Version::new(&our_tree), Version::new(&their_tree));
    let sides = [&ours.unlocked.opened, &theirs.unlocked.opened];
    ancestor::with(context, versions.subject(Side::Base), sides, |base, ancestor, base_text| {
        let version = |side, unlocked| settings::Version { subject: versions.subject(side), unlocked };
        let settings = settings::merged(
            context,
            ancestor,
            version(Side::Ours, ours.unlocked),
            version(Side::Theirs, theirs.unlocked),
        )?;
        let merge = Merge::of(base, &our_values, &their_values)
            .map_err(|error| Unmerged::Layout(error.to_string()))?;
        let whole = match (versions.format, base_text) {
            (FormatName::Binary, Some((_, base))) => lines_of(base, &ours.text, &theirs.text),
            _ => None,
        };
        // The ciphertexts of the ancestor are of use if its data key is that of the result.
        let base = base_text.filter(|_| ancestor.data_key.is_some_and(|key| key.same_as(settings.data_key)));
        let mut ready = Ready {
            name: &versions.name,
            format: versions.format,
            plain_format,
            ours: &ours,
            theirs: &theirs,
            base,
            settings,
            merge,
            whole,
            exposure: None,
        };
        ready.exposure = ready.exposure_of_sides();
        ready.contest_downgrades();
        work(&ready)
    })
}

fn unlock<'a>(
    context: &Context,
    versions: &Versions,
    side: Side,
    sealed: &'a Sealed<'_>,
) -> Result<Unlocked<'a>, Unmerged> {
    open::unlock_silently(context, versions.subject(side), sealed, &Unlocking::default())
        .map_err(|failure| Unmerged::opening(side, &failure))
}

/// Texts merged line by line.
fn lines_of(base: &[u8], ours: &[u8], theirs: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let are_texts = [base, ours, theirs].iter().all(|text| std::str::from_utf8(text).is_ok());
    if are_texts { lines::merge(base, ours, theirs) } else { None }
}

impl Ready<'_> {
    /// What is left to decide.
    #[must_use]
    pub fn conflicts(&self) -> &[Conflict] {
        if self.whole.is_some() { &[] } else { &self.merge.conflicts }
    }

    /// What the person should know of the settings.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.settings.notes
    }

    /// The plain text of a version.
    #[must_use]
    pub fn text(&self, side: Side) -> &[u8] {
        match side {
            Side::Ours => &self.ours.text,
            Side::Theirs => &self.theirs.text,
            Side::Base => self.base.map_or(b"", |(_, text)| text),
        }
    }

    /// What a version has in a conflict, for a person: its value, or a digest that tells only whether two
    /// are the same.
    #[must_use]
    pub fn shown(&self, number: usize, side: Side, masked: bool) -> Zeroizing<String> {
        let conflict = &self.merge.conflicts[number];
        let Some((id, tree)) = conflict.node(side).zip(self.merge.tree(side)) else {
            return Zeroizing::new("nothing".to_owned());
        };
        let count = tree.children(id).count();
        Zeroizing::new(match &tree.node(id).kind {
            Kind::Map => format!("a map of {count}"),
            Kind::List => format!("a list of {count}"),
            Kind::Leaf(value) => {
                let mut text = Zeroizing::new(Vec::new());
                value.canonical(&mut text);
                if !masked {
                    return Zeroizing::new(String::from_utf8_lossy(&text).into_owned());
                }
                let key = hmac_sha256(self.settings.data_key.as_bytes(), &[b"seal/mask/v1"]);
                let path = conflict.path.to_string();
                let kind = value.type_name();
                let digest = hmac_sha256(&*key, &[path.as_bytes(), b"\0", kind.as_bytes(), b"\0", &text]);
                let hex: String = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
                format!("ENC<{kind} #{hex}>")
            }
        })
    }

    /// The merged plain text, with the conflicts decided.
    ///
    /// # Errors
    /// The versions are laid out in ways that do not go together.
    pub fn plain(&self, choice: &dyn Fn(usize) -> Choice) -> Result<Zeroizing<Vec<u8>>, Unmerged> {
        if let Some(whole) = &self.whole {
            return Ok(whole.clone());
        }
        self.merge.text(self.plain_format, choice, &convert::limits()).ok_or_else(|| {
            Unmerged::Layout("the versions are laid out in ways that do not go together".to_owned())
        })
    }

    /// The encrypted file with this plain text. If it is not to be `sealed`, it keeps the MAC of ours, which
    /// is not its own.
    ///
    /// # Errors
    /// A value would stand in clear that is encrypted on its side, or the text cannot be encrypted.
    pub fn encrypted(&self, plain: &[u8], seal: bool) -> Result<Zeroizing<Vec<u8>>, Unmerged> {
        let limits = convert::limits();
        let subject = Subject { name: self.name, source: plain, format: self.format };
        let tree =
            self.plain_format.parse(plain, &limits).map_err(|error| Unmerged::Layout(error.to_string()))?;
        let whole = self.format == FormatName::Binary;
        let selection = self.selection();
        self.refuse_downgrade(&tree)?;
        let settings = &self.settings;
        let model = &self.ours.unlocked.opened;
        let mut sources = Vec::new();
        for side in [self.ours, self.theirs] {
            if side.unlocked.data_key.same_as(settings.data_key) {
                sources.push(Source { opened: &side.unlocked.opened, text: (!whole).then_some(&side.text) });
            }
        }
        sources.extend(self.base.map(|(opened, text)| Source { opened, text: (!whole).then_some(text) }));
        let merged = Merged {
            model,
            is_under_its_key: self.ours.unlocked.data_key.same_as(settings.data_key),
            sources,
            data_key: settings.data_key,
            metadata: settings.metadata.clone(),
            selection,
            last_modified: settings.last_modified,
            expires: settings.expires,
            record: settings.record,
            seal,
            limits,
        };
        let failed = |error| Unmerged::Layout(reason(&failure::encrypt(subject, &error)));
        let text = if whole {
            let converted = convert::to_sealed(self.format, &tree, self.format, &Layout::default())
                .map_err(|error| Unmerged::Layout(error.to_string()))?;
            merged.encrypt(&converted.text, Some(&converted.values)).map_err(failed)?
        } else {
            merged.encrypt(plain, None).map_err(failed)?
        };
        if seal {
            self.check(&text, &tree)?;
        }
        Ok(text)
    }

    /// What is encrypted in the result.
    fn selection(&self) -> &Selection {
        let ours = self.ours.unlocked.opened.sealed();
        let is_ours = self.settings.metadata.selector == ours.metadata.selector;
        if is_ours { ours.selection() } else { &self.settings.selection }
    }

    /// Makes conflicts of values that one side changed and the other, by its selection, has in clear.
    fn contest_downgrades(&mut self) {
        if self.exposure.is_none() {
            return;
        }
        let mut left = MOST_DOWNGRADES;
        while left > 0
            && let Ok(plain) = self.plain(&|_| Choice::Take(Side::Theirs))
            && let Ok(tree) = self.plain_format.parse(&plain, &convert::limits())
            && let Err(Unmerged::Downgrade(path)) = self.refuse_downgrade(&tree)
            && self.merge.contest(&path)
        {
            left -= 1;
        }
    }

    /// Opens what was made, as a reader would, and compares.
    fn check(&self, text: &[u8], tree: &Tree<'_>) -> Result<(), Unmerged> {
        let defect = |why: String| {
            Unmerged::Layout(format!(
                "the merged file would not open: {why}; this is a defect of seal, please report it"
            ))
        };
        let subject = Subject { name: self.name, source: text, format: self.format };
        let sealed = open::load(subject).map_err(|failure| defect(reason(&failure)))?;
        let opened = sealed.open(self.settings.data_key, false).map_err(|error| defect(error.to_string()))?;
        let plain = rewrite::plain_text(subject, &opened).map_err(|failure| defect(reason(&failure)))?;
        let read =
            self.plain_format.parse(&plain, &convert::limits()).map_err(|error| defect(error.to_string()))?;
        if Version::new(&read).says_the_same(&Version::new(tree)) {
            return Ok(());
        }
        Err(defect("it says something else".to_owned()))
    }

    /// Refuses values that stand in clear now, but are encrypted on every side that has them.
    fn refuse_downgrade(&self, tree: &Tree<'_>) -> Result<(), Unmerged> {
        match &self.exposure {
            Some(exposure) => exposure.refuse_more(tree, self.selection()),
            None => Ok(()),
        }
    }

    /// What the sides show, if their selections differ from that of the result.
    fn exposure_of_sides(&self) -> Option<Exposure> {
        let sealed = [self.ours, self.theirs].map(|side| side.unlocked.opened.sealed());
        let wanted = &self.settings.metadata.selector;
        if self.format == FormatName::Binary || sealed.iter().all(|side| side.metadata.selector == *wanted) {
            return None;
        }
        let mut exposure = Exposure::default();
        for (side, sealed) in [Side::Ours, Side::Theirs].into_iter().zip(sealed) {
            // What is not noted here may not come into the open.
            let Some(tree) = self.merge.tree(side) else { continue };
            exposure.add(tree, sealed.selection());
        }
        Some(exposure)
    }
}
