//! Plain data as text of each format.

use super::model::Node;
use std::fmt::Write as _;

pub(super) fn write(format: &str, tree: &Node) -> String {
    let mut out = String::new();
    match (format, tree) {
        ("yaml", _) => yaml(tree, 0, &mut out),
        ("json", _) => {
            out = serde_json::to_string_pretty(&ordered(tree)).unwrap();
            out.push('\n');
        }
        ("toml", Node::Map(entries)) => toml(entries, "", &mut out),
        (_, Node::Map(entries)) => flat(entries, &mut out),
        _ => {}
    }
    out
}

/// `serde_json` keeps the order of keys.
fn ordered(tree: &Node) -> serde_json::Value {
    tree.to_json()
}

fn scalar(node: &Node) -> String {
    match node {
        Node::Number(number) => number.to_string(),
        Node::Text(text) => text.clone(),
        Node::Map(_) | Node::List(_) => String::new(),
    }
}

fn yaml(node: &Node, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match node {
        Node::Map(entries) => {
            for (key, value) in entries {
                if key.ends_with('1') {
                    writeln!(out, "{indent}# about {key}").unwrap();
                }
                match value {
                    Node::Text(_) | Node::Number(_) => {
                        writeln!(out, "{indent}{key}: {}", scalar(value)).unwrap()
                    }
                    _ => {
                        writeln!(out, "{indent}{key}:").unwrap();
                        yaml(value, depth + 1, out);
                    }
                }
            }
        }
        Node::List(items) => {
            for item in items {
                match item {
                    Node::Map(_) => {
                        let mut text = String::new();
                        yaml(item, depth + 1, &mut text);
                        let text = text.replacen(&"  ".repeat(depth + 1), &format!("{indent}- "), 1);
                        out.push_str(&text);
                    }
                    _ => writeln!(out, "{indent}- {}", scalar(item)).unwrap(),
                }
            }
        }
        Node::Text(_) | Node::Number(_) => {}
    }
}

/// ENV lines, or sections of INI.
fn flat(entries: &[(String, Node)], out: &mut String) {
    for (key, value) in entries {
        match value {
            Node::Map(entries) => {
                writeln!(out, "[{key}]").unwrap();
                for (key, value) in entries {
                    writeln!(out, "{key} = {}", scalar(value)).unwrap();
                }
                out.push('\n');
            }
            _ => writeln!(out, "# about {key}\n{key}={}", scalar(value)).unwrap(),
        }
    }
}

fn toml(entries: &[(String, Node)], path: &str, out: &mut String) {
    for (key, value) in entries {
        match value {
            Node::Map(_) => {}
            _ => writeln!(out, "{key} = {}", toml_value(value)).unwrap(),
        }
    }
    for (key, value) in entries {
        if let Node::Map(below) = value {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            writeln!(out, "\n[{path}]").unwrap();
            toml(below, &path, out);
        }
    }
}

fn toml_value(node: &Node) -> String {
    match node {
        Node::Number(number) => number.to_string(),
        Node::Text(text) => format!("\"{text}\""),
        Node::List(items) => {
            format!("[{}]", items.iter().map(toml_value).collect::<Vec<_>>().join(", "))
        }
        Node::Map(entries) => {
            let fields = entries.iter().map(|(key, value)| format!("{key} = {}", toml_value(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
    }
}
