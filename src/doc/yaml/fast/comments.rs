//! Comments whose place is plain to see.
//!
//! A comment on a line of its own that stands in the column of the entry below it is that entry's, and one
//! behind a scalar is the scalar's. If all comments of a text are such, nobody has to scan it once more; if
//! one is not, [`place`] decides about all of them. The rules are those of the scanner there, for the cases
//! in which it has no choice: a comment right below an entry that a blank line follows, for example, may be
//! the foot of that entry, and is none of ours.

use super::super::super::tree::{Comment, NodeId, Span, Tree};
use super::super::comments::place;

/// Blanks that the scanner looks through at once, and a few less.
const LOOK: usize = 500;

/// The comments of a text that is read line by line.
pub(super) struct Comments {
    /// All of them, with their `#`.
    marks: Vec<Span>,
    /// Those that found their place, while that holds for all.
    placed: Vec<Comment>,
    /// How many of the last marks wait for an entry, and their column.
    waiting: (usize, usize),
    /// Whether nothing can be above that takes what waits for its foot.
    apart: bool,
    /// Whether the next comment would be apart: a blank line came last, or nothing yet.
    after_blank: bool,
    /// Whether all comments are plain to see so far.
    plain: bool,
}

impl Comments {
    pub(super) fn new() -> Self {
        Self {
            marks: Vec::new(),
            placed: Vec::new(),
            waiting: (0, 0),
            apart: false,
            after_blank: true,
            plain: true,
        }
    }

    /// A blank line.
    pub(super) fn blank(&mut self) {
        self.after_blank = true;
        self.plain &= self.waiting.0 == 0 || self.apart;
    }

    /// A comment on a line of its own.
    pub(super) fn line(&mut self, mark: Span, column: usize) {
        if self.waiting.0 == 0 {
            (self.waiting, self.apart) = ((1, column), self.after_blank);
        } else {
            self.look(mark.start, column);
            self.waiting.0 += 1;
        }
        self.marks.push(mark);
    }

    /// A comment behind the scalar that ends at `end` and becomes node `id` of `parent`.
    pub(super) fn behind(&mut self, mark: Span, end: usize, parent: NodeId, id: NodeId) {
        self.plain &= mark.start as usize - end < LOOK;
        self.marks.push(mark);
        self.put(mark, parent, id);
    }

    /// A comment anywhere else.
    pub(super) fn elsewhere(&mut self, mark: Span) {
        self.plain = false;
        self.marks.push(mark);
    }

    /// An entry at byte `start`, which becomes node `id` of `parent`.
    pub(super) fn entry(&mut self, start: usize, column: usize, parent: NodeId, id: NodeId) {
        let count = self.waiting.0;
        if count > 0 {
            self.look(start as u32, column);
            for at in self.marks.len() - count..self.marks.len() {
                self.put(self.marks[at], parent, id);
            }
            self.waiting.0 = 0;
        }
        self.after_blank = false;
    }

    /// Whether comments wait for an entry.
    pub(super) fn wait(&self) -> bool {
        self.waiting.0 > 0
    }

    /// What waits is not for the next entry, or not as a whole.
    pub(super) fn give_up(&mut self) {
        (self.plain, self.waiting.0) = (false, 0);
    }

    /// Adds the comments of the next piece of the text, whose nodes have other numbers here.
    pub(super) fn append(&mut self, next: Self, moved: impl Fn(NodeId) -> NodeId) {
        self.plain &= next.plain;
        self.marks.extend(next.marks);
        self.placed.extend(next.placed.into_iter().map(|comment| Comment {
            parent: moved(comment.parent),
            before: moved(comment.before),
            ..comment
        }));
        self.waiting = next.waiting;
    }

    /// Puts the comments into the tree.
    pub(super) fn finish(self, tree: &mut Tree<'_>) {
        if self.plain && self.waiting.0 == 0 {
            tree.comments = self.placed;
        } else {
            place(tree, &self.marks);
        }
    }

    /// What follows comments has to stand in their column, and not far away.
    fn look(&mut self, next: u32, column: usize) {
        let last = self.marks.last().map_or(0, |mark| mark.end);
        self.plain &= column == self.waiting.1 && ((next - last) as usize) < LOOK;
    }

    fn put(&mut self, mark: Span, parent: NodeId, before: NodeId) {
        if self.plain {
            self.placed.push(Comment { span: Span { start: mark.start + 1, end: mark.end }, parent, before });
        }
    }
}
