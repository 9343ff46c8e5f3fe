//! The place of a leaf: what stands around it, and what of that a ciphertext leaves.

use super::super::tree::{Flags, Kind, NodeId, Span, Style, Tree};
use super::block::Block;
use super::lines::{column, eol_len, eol_of, line_end, next_line, skip_gap, spaces};
use super::resolve::Tag;

/// Tag and anchor of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Properties {
    /// The tag and where it stands.
    pub(super) tag: Option<(Tag, Span)>,
    /// Where `&name` stands.
    pub(super) anchor: Option<Span>,
    /// Where the value or block header begins.
    pub(super) rest: usize,
}

impl Properties {
    /// The properties that begin at `at`; `flow` if inside of brackets.
    pub(super) fn scan(source: &[u8], mut at: usize, flow: bool) -> Self {
        let mut found = Self { tag: None, anchor: None, rest: at };
        while matches!(source.get(at), Some(b'!' | b'&')) {
            let end = at + token_len(&source[at..], flow);
            let span = Span::new(at, end);
            match source.get(at) {
                Some(b'!') if found.tag.is_none() => found.tag = Some((tag_of(&source[at..end]), span)),
                Some(b'&') if found.anchor.is_none() => found.anchor = Some(span),
                _ => break,
            }
            at = skip_gap(source, end);
            found.rest = at;
        }
        found
    }

    /// The tag, [`Tag::None`] without one.
    pub(super) fn kind(&self) -> Tag {
        self.tag.map_or(Tag::None, |(tag, _)| tag)
    }
}

fn token_len(text: &[u8], flow: bool) -> usize {
    let verbatim = text.starts_with(b"!<");
    text.iter()
        .position(|b| match b {
            b' ' | b'\t' | b'\n' | b'\r' => true,
            b',' | b'[' | b']' | b'{' | b'}' => flow && !verbatim,
            _ => false,
        })
        .unwrap_or(text.len())
}

fn tag_of(raw: &[u8]) -> Tag {
    let text = std::str::from_utf8(raw).unwrap_or_default();
    match text.strip_prefix("!!") {
        Some(suffix) => Tag::core(suffix),
        None if text == "!" => Tag::None,
        None => match text.strip_prefix("!<tag:yaml.org,2002:").and_then(|rest| rest.strip_suffix('>')) {
            Some(suffix) => Tag::core(suffix),
            None => Tag::Other,
        },
    }
}

/// The place of a leaf.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'t> {
    /// The text.
    pub(super) source: &'t [u8],
    /// How the leaf is spelled.
    pub(super) style: Style,
    /// Inside of brackets or braces.
    pub(super) flow: bool,
    /// Tag and anchor.
    pub(super) properties: Properties,
    /// The scalar.
    pub(super) span: Span,
    /// The block, for block scalars.
    pub(super) block: Option<Block>,
    /// Where the node begins with its properties.
    pub(super) outer: usize,
    /// Where key or dash stand.
    pub(super) entry: usize,
    /// An element of a list.
    pub(super) element: bool,
}

impl<'t> Site<'t> {
    /// The place of leaf `id`.
    pub(super) fn of(tree: &Tree<'t>, id: NodeId) -> Self {
        let (node, source) = (tree.node(id), tree.source);
        let flow = node.flags.has(Flags::FLOW);
        let outer = node.outer as usize;
        let properties = Properties::scan(source, outer, flow);
        let element = matches!(tree.node(node.parent).kind, Kind::List);
        // What stands there is the alias, whatever it is a copy of.
        let style = if node.flags.has(Flags::ALIAS) { Style::Plain } else { node.style };
        let block = matches!(style, Style::Literal | Style::Folded).then(|| {
            // An element hangs from its dash, a value from its key.
            Block::scan(source, properties.rest, Some(column(source, node.entry as usize)))
        });
        Self {
            source,
            style,
            flow,
            properties,
            span: node.span,
            block,
            outer,
            entry: node.entry as usize,
            element,
        }
    }

    /// Whether a ciphertext takes the place of the whole block, header included: the block has no line.
    pub(super) fn is_blank_block(&self) -> bool {
        self.block.is_some_and(|block| block.content.is_empty())
    }

    /// The style that a ciphertext in this place has.
    pub(super) fn cipher_style(&self) -> Style {
        match self.style {
            Style::Plain if self.flow => Style::Double,
            Style::Literal | Style::Folded if self.is_blank_block() => Style::Double,
            style => style,
        }
    }

    /// What a ciphertext replaces.
    pub(super) fn cipher_span(&self) -> Span {
        match self.block {
            Some(block) if block.content.is_empty() => block.header,
            _ => self.span,
        }
    }

    /// Whether nothing but blanks follows on the line of the scalar.
    pub(super) fn ends_line(&self) -> bool {
        let end = self.cipher_span().end as usize;
        self.source[end..line_end(self.source, end)].iter().all(|b| matches!(b, b' ' | b'\t'))
    }

    /// Whether a block scalar with lines at column `at` may stand here: what follows is neither taken for
    /// one of its lines nor, if it keeps the blank lines behind it (`keep`), one of those.
    pub(super) fn can_hold_block(&self, at: usize, keep: bool) -> bool {
        let mut next = next_line(self.source, self.span.end as usize);
        let mut blanks = 0;
        while next < self.source.len() {
            let text = next + spaces(self.source, next);
            if eol_len(self.source, text) == 0 {
                return text - next < at && !(keep && blanks > 0);
            }
            blanks += 1;
            next = text + eol_len(self.source, text);
        }
        !keep
    }

    /// The column of the lines of a block scalar that would stand here, `step` columns a level: in a list
    /// two behind the dash, in a map at the next multiple behind the key.
    pub(super) fn block_column(&self, step: usize) -> usize {
        let column = column(self.source, self.entry);
        if self.element { column + 2 } else { (column / step + 1) * step }
    }

    /// The line end of the document.
    pub(super) fn eol(&self) -> &'static [u8] {
        eol_of(self.source)
    }
}

/// How many nodes are looked at to find the indentation of a document.
const LOOK: usize = 1000;

/// Columns per level, as the first nested block of the document shows; `None` if none does.
pub(super) fn indentation(tree: &Tree<'_>) -> Option<usize> {
    let mut nodes = tree.nodes.iter().enumerate().take(LOOK);
    let mut skip_to = 0;
    nodes.find_map(|(i, node)| {
        if i < skip_to {
            return None;
        }
        if node.flags.has(Flags::METADATA) {
            skip_to = node.end as usize;
            return None;
        }
        let own =
            |flags: Flags| !flags.has(Flags::FLOW) && !flags.has(Flags::ALIAS) && !flags.has(Flags::COPY);
        let parent = tree.node(node.parent);
        let first = tree.nodes.get(i + 1).filter(|first| first.parent as usize == i)?;
        let nested = own(node.flags) && own(first.flags) && node.parent as usize != i;
        if !nested || !matches!(parent.kind, Kind::Map) {
            return None;
        }
        let (inner, outer) =
            (column(tree.source, first.entry as usize), column(tree.source, node.entry as usize));
        inner.checked_sub(outer).filter(|step| (1..=9).contains(step))
    })
}

/// How far behind its key the dashes of a list stand, as the first block list of a map shows.
pub(super) fn dashes(tree: &Tree<'_>) -> Option<usize> {
    let own = |flags: Flags| !flags.has(Flags::FLOW) && !flags.has(Flags::ALIAS) && !flags.has(Flags::COPY);
    tree.nodes.iter().enumerate().take(LOOK).find_map(|(i, node)| {
        let first = tree.nodes.get(i + 1).filter(|first| first.parent as usize == i)?;
        let in_map = matches!(tree.node(node.parent).kind, Kind::Map) && own(tree.node(node.parent).flags);
        if node.kind != Kind::List || !in_map || !own(node.flags) || node.flags.has(Flags::METADATA) {
            return None;
        }
        let (dash, key) =
            (column(tree.source, first.entry as usize), column(tree.source, node.entry as usize));
        dash.checked_sub(key)
    })
}
