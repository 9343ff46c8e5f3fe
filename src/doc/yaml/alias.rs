//! Aliases in the place of which a copy is written: one line of flow text (format description, 5.1.3).

use super::super::edits::Edits;
use super::super::format::Spelling;
use super::super::tree::{Kind, Name, NodeId, Style, Tree};
use super::super::value::Value;
use super::scalar::{double, plain_value};
use super::site::Site;
use super::spell::{Spelled, buffer, spell};
use base64::Engine as _;

/// Replaces alias `id` by a copy of what it stands for.
pub(super) fn expand(tree: &Tree<'_>, id: NodeId, edits: &mut Edits) {
    let node = tree.node(id);
    let site = Site::of(tree, id);
    edits.replace_with(node.span, |out| match &node.kind {
        Kind::Leaf(value) if !site.flow => {
            // The text of an alias is one line, so what replaces it is.
            let how = match value {
                Value::Str(text) if text.contains(&b'\n') => Spelling::Safe,
                _ => Spelling::Kept,
            };
            let mut text = buffer(value);
            if let Spelled::Token { tag } = spell(&site, Style::Plain, value, how, || 2, &mut text) {
                if let Some(tag) = tag.filter(|tag| !tag.is_empty()) {
                    out.extend_from_slice(tag.as_bytes());
                    out.push(b' ');
                }
                out.extend_from_slice(&text);
            }
        }
        _ => flow(tree, id, out),
    });
}

/// Appends node `id` as flow text.
fn flow(tree: &Tree<'_>, id: NodeId, out: &mut Vec<u8>) {
    let node = tree.node(id);
    let (open, close) = match &node.kind {
        Kind::Leaf(value) => return leaf(value, out),
        Kind::Map => (b'{', b'}'),
        Kind::List => (b'[', b']'),
    };
    out.push(open);
    for (i, child) in tree.children(id).enumerate() {
        if i > 0 {
            out.extend_from_slice(b", ");
        }
        if let Name::Key(key) = &tree.node(child).name {
            match key.as_str() {
                Some("<<") => out.extend_from_slice(b"<<"),
                Some(text) => double(text, false, out),
                None => leaf(&Value::Str(key.clone()), out),
            }
            out.extend_from_slice(b": ");
        }
        flow(tree, child, out);
    }
    out.push(close);
}

/// Appends a clear value for flow text.
fn leaf(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Str(text) => match text.as_str() {
            Some(text) => double(text, false, out),
            None => {
                out.extend_from_slice(b"!!binary \"");
                let encoded = base64::engine::general_purpose::STANDARD.encode(&**text);
                out.extend_from_slice(encoded.as_bytes());
                out.push(b'"');
            }
        },
        _ => plain_value(value, out),
    }
}
