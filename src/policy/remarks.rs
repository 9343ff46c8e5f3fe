//! Comments in creation rules that are meant for `seal check`.

use super::config::Config;
use crate::doc::yaml::Yaml;
use crate::doc::{Format as _, Limits, NodeId, Position, Tree};
use crate::error::Place;

/// A comment that belongs to a creation rule: it stands in the rule, or above it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleComment {
    /// The position of the rule, from 0.
    pub rule: usize,
    /// The comment's text, without `#` and spaces around it.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

impl Config {
    /// The comments of all creation rules.
    #[must_use]
    pub fn rule_comments(&self) -> Vec<RuleComment> {
        let Ok(tree) = Yaml.parse(&self.text, &Limits::default()) else { return Vec::new() };
        let Some(rules) = tree.documents.first().and_then(|root| tree.child(*root, b"creation_rules")) else {
            return Vec::new();
        };
        let positions: Vec<NodeId> = tree.children(rules).collect();
        let comments = tree.comments.iter().filter_map(|comment| {
            let rule = rule_of(&tree, rules, &positions, comment.parent, comment.before)?;
            let text = String::from_utf8_lossy(tree.text(comment.span));
            let Position { line, column } = Position::of(&self.text, comment.span.start as usize);
            let place = Place { file: self.name.clone(), line, column };
            Some(RuleComment { rule, text: text.trim().to_owned(), place })
        });
        comments.collect()
    }
}

/// The rule of a comment inside `parent` and before node `before`.
fn rule_of(
    tree: &Tree<'_>,
    rules: NodeId,
    positions: &[NodeId],
    parent: NodeId,
    before: NodeId,
) -> Option<usize> {
    if parent == rules {
        return positions.iter().position(|rule| *rule >= before).or(positions.len().checked_sub(1));
    }
    let holds = |rule: &NodeId| (*rule..tree.node(*rule).end).contains(&parent);
    let first = *positions.first()?;
    // Above the first rule the comment may belong to the map around the list.
    let above = before == rules || before == first;
    positions.iter().position(holds).or(above.then_some(0))
}

#[cfg(test)]
mod tests {
    use super::Config;
    use std::path::Path;

    #[test]
    fn comments_belong_to_the_rule_below_or_around() {
        let text = "# file\nstores: {}\ncreation_rules:\n  # above a\n  - path_regex: a # beside a\n    # in a\n    age: x\n  # above b\n  - path_regex: b\n    # end of b\ndestination_rules: [] # elsewhere\n";
        let config = Config::parse(text.as_bytes(), ".sops.yaml", Path::new("/")).unwrap();
        let found: Vec<_> = config
            .rule_comments()
            .into_iter()
            .map(|comment| (comment.rule, comment.text, comment.place.line))
            .collect();
        let wanted =
            [(0, "above a", 4), (0, "beside a", 5), (0, "in a", 6), (1, "above b", 8), (1, "end of b", 10)];
        let wanted: Vec<_> =
            wanted.into_iter().map(|(rule, text, line)| (rule, text.to_owned(), line)).collect();
        assert_eq!(found, wanted);
    }
}
