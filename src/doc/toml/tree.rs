//! The tree of a layout: tables in pieces come together, comments stand before what they belong to.

use super::METADATA;
use super::layout::{Id, Layout, Made, ROOT};
use crate::doc::error::Error;
use crate::doc::tree::{Flags, Kind, Name, Span, Tree, TreeBuilder};

/// The tree of a layout.
pub(super) fn build<'s>(mut builder: TreeBuilder<'s>, layout: &Layout<'s>) -> Result<Tree<'s>, Error> {
    builder.document(layout.items[ROOT].span)?;
    children(&mut builder, layout, ROOT, Flags::default())?;
    let mut tree = builder.finish();
    tree.nodes[0].span.start = layout.sections[0].start as u32;
    Ok(tree)
}

/// Adds what is in item `id`, which is open. The builder bounds the depth.
fn children<'s>(
    builder: &mut TreeBuilder<'s>,
    layout: &Layout<'s>,
    id: Id,
    flags: Flags,
) -> Result<(), Error> {
    for child in &layout.items[id].children {
        let item = &layout.items[*child];
        item.above.iter().for_each(|comment| builder.comment(*comment));
        let mut flags = flags;
        if id == ROOT && matches!(&item.name, Name::Key(key) if **key == *METADATA) {
            flags = flags.with(Flags::METADATA);
        }
        if item.made == Made::Value && !matches!(item.kind, Kind::Leaf(_)) {
            flags = flags.with(Flags::FLOW);
        }
        let name = item.name.clone();
        let node = match &item.kind {
            Kind::Leaf(value) => builder.leaf(name, value.clone(), item.span, item.style, flags)?,
            kind => builder.open(name, kind.clone(), item.span, flags)?,
        };
        builder.tree_mut().nodes[node as usize].entry = item.entry as u32;
        if item.local {
            builder.tree_mut().tags.push((node, Span::default()));
        }
        if !matches!(item.kind, Kind::Leaf(_)) {
            children(builder, layout, *child, flags)?;
            item.last.iter().for_each(|comment| builder.comment(*comment));
            builder.close(item.span.end as usize);
        }
    }
    if id == ROOT {
        layout.items[ROOT].last.iter().for_each(|comment| builder.comment(*comment));
    }
    Ok(())
}
