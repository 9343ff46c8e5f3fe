//! Which values and comments of a document are encrypted (format description, section 3).

use super::selector::{Selector, SelectorKind};
use crate::doc::tree::Step;
use crate::doc::{Name, Tree};
use crate::pattern::{Pattern, PatternError};

/// What SOPS uses where a file or rule names no selector.
pub const DEFAULT_SUFFIX: &str = "_unencrypted";

/// A selector, ready to be asked.
#[derive(Debug)]
pub struct Selection {
    rule: Rule,
}

#[derive(Debug)]
enum Rule {
    Everything,
    Keys { test: Test, encrypts: bool },
    Comments { pattern: Pattern, encrypts: bool },
}

#[derive(Debug)]
enum Test {
    Suffix(Vec<u8>),
    Matches(Pattern),
}

impl Test {
    fn holds(&self, key: &[u8]) -> bool {
        match self {
            Test::Suffix(suffix) => key.ends_with(suffix),
            Test::Matches(pattern) => pattern.is_match(key),
        }
    }
}

impl Selection {
    /// The selection of the binary format: its one value.
    #[must_use]
    pub fn everything() -> Self {
        Self { rule: Rule::Everything }
    }

    /// Whether it is that of the binary format.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        matches!(self.rule, Rule::Everything)
    }

    /// Compiles a selector; none means the default suffix.
    ///
    /// # Errors
    /// The selector is a pattern that does not compile.
    pub fn new(selector: Option<&Selector>) -> Result<Self, PatternError> {
        let Some(Selector { kind, text }) = selector else {
            let test = Test::Suffix(DEFAULT_SUFFIX.as_bytes().to_vec());
            return Ok(Self { rule: Rule::Keys { test, encrypts: false } });
        };
        let suffix = || Test::Suffix(text.clone().into_bytes());
        let rule = match kind {
            SelectorKind::UnencryptedSuffix => Rule::Keys { test: suffix(), encrypts: false },
            SelectorKind::EncryptedSuffix => Rule::Keys { test: suffix(), encrypts: true },
            SelectorKind::UnencryptedRegex => {
                Rule::Keys { test: Test::Matches(Pattern::new(text)?), encrypts: false }
            }
            SelectorKind::EncryptedRegex => {
                Rule::Keys { test: Test::Matches(Pattern::new(text)?), encrypts: true }
            }
            SelectorKind::UnencryptedCommentRegex => {
                Rule::Comments { pattern: Pattern::new(text)?, encrypts: false }
            }
            SelectorKind::EncryptedCommentRegex => {
                Rule::Comments { pattern: Pattern::new(text)?, encrypts: true }
            }
        };
        Ok(Self { rule })
    }

    /// Whether comments decide.
    #[must_use]
    pub fn is_by_comments(&self) -> bool {
        matches!(self.rule, Rule::Comments { .. })
    }

    /// Whether the ciphertext of a comment would, when read back, count as a comment that leaves values
    /// in clear.
    #[must_use]
    pub fn mistakes_ciphertext(&self, token: &str) -> bool {
        matches!(&self.rule, Rule::Comments { pattern, encrypts: false } if pattern.is_match(token.as_bytes()))
    }
}

/// Follows a walk over a tree and tells for each step whether it is selected.
pub struct Follower<'a> {
    selection: &'a Selection,
    tree: &'a Tree<'a>,
    levels: Vec<Level>,
}

#[derive(Clone, Copy, Default)]
struct Level {
    /// A key on the way here has passed the test.
    key: bool,
    /// A comment since the last item of this level matches.
    comment: bool,
}

impl<'a> Follower<'a> {
    /// A follower at the beginning of `tree`.
    #[must_use]
    pub fn new(selection: &'a Selection, tree: &'a Tree<'a>) -> Self {
        Self { selection, tree, levels: Vec::new() }
    }

    /// Takes the next step of [`Tree::walk`]. For a leaf or a comment: whether it is encrypted.
    pub fn step(&mut self, step: Step) -> bool {
        match step {
            Step::Enter(id) => {
                let key = self.key_holds(id);
                self.levels.push(Level { key, comment: false });
                false
            }
            Step::Leave(_) => {
                self.levels.pop();
                self.forget_comments();
                false
            }
            Step::Leaf(id) => {
                let selected = match &self.selection.rule {
                    Rule::Everything => true,
                    Rule::Keys { encrypts, .. } => self.key_holds(id) == *encrypts,
                    Rule::Comments { encrypts, .. } => self.comment_active() == *encrypts,
                };
                self.forget_comments();
                selected
            }
            Step::Comment(index) => self.comment(index),
        }
    }

    fn comment(&mut self, index: usize) -> bool {
        match &self.selection.rule {
            Rule::Everything => true,
            Rule::Keys { encrypts, .. } => self.levels.last().is_some_and(|level| level.key) == *encrypts,
            Rule::Comments { pattern, encrypts } => {
                // The comment itself counts where it leaves in clear, not where it encrypts.
                let before = self.comment_active();
                if pattern.is_match(self.tree.text(self.tree.comments[index].span))
                    && let Some(level) = self.levels.last_mut()
                {
                    level.comment = true;
                }
                if *encrypts { before } else { !self.comment_active() }
            }
        }
    }

    fn key_holds(&self, id: u32) -> bool {
        let above = self.levels.last().is_some_and(|level| level.key);
        above
            || match (&self.selection.rule, &self.tree.node(id).name) {
                (Rule::Keys { test, .. }, Name::Key(key)) => test.holds(key),
                _ => false,
            }
    }

    fn comment_active(&self) -> bool {
        self.levels.iter().any(|level| level.comment)
    }

    fn forget_comments(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.comment = false;
        }
    }
}
