//! What picture and page share: colours for light and dark, shapes of cells, escaped text.

use super::matrix::Cell;
use crate::ui::escaped;
use std::fmt::Write as _;

/// Names of colours, each for light and for dark surroundings.
const COLOURS: [(&str, &str, &str); 9] = [
    ("paper", "#ffffff", "#0d1117"),
    ("line", "#d1d9e0", "#3d444d"),
    ("stripe", "#f6f8fa", "#151b23"),
    ("ink", "#1f2328", "#f0f6fc"),
    ("soft", "#59636e", "#9198a1"),
    ("none", "#c4ccd4", "#4a525c"),
    ("good", "#1a7f37", "#3fb950"),
    ("extra", "#bc4c00", "#f0883e"),
    ("missing", "#cf222e", "#ff7b72"),
];

/// Classes that fill (`f-NAME`) and draw (`s-NAME`) with the colours, as the reader prefers. No custom
/// properties: the converters of wikis do not know them.
pub(super) fn classes() -> String {
    let all = |dark: bool| -> String {
        let class = |(name, light, night): (&str, &str, &str)| {
            let colour = if dark { night } else { light };
            format!(".f-{name}{{fill:{colour}}}.s-{name}{{stroke:{colour}}}")
        };
        COLOURS.into_iter().map(class).collect()
    };
    format!("{}\n@media (prefers-color-scheme:dark){{{}}}\n", all(false), all(true))
}

/// The colours as custom properties of a page.
pub(super) fn properties() -> String {
    let all = |dark: bool| -> String {
        let property = |(name, light, night): (&str, &str, &str)| {
            format!("--{name}:{};", if dark { night } else { light })
        };
        COLOURS.into_iter().map(property).collect()
    };
    format!(":root{{{}}}\n@media (prefers-color-scheme:dark){{:root{{{}}}}}\n", all(false), all(true))
}

/// The shape of a cell around the point 0,0, 20 units wide. Shapes differ without their colours.
pub(super) fn shape(cell: Option<Cell>) -> &'static str {
    match cell {
        None => r#"<circle r="1.75" class="f-none"/>"#,
        Some(Cell::Reads) => {
            r#"<circle r="8" class="f-good"/><path d="M-3.6 .3-1 2.9 3.8-2.7" fill="none" class="s-paper" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>"#
        }
        Some(Cell::Share) => {
            r#"<circle r="7.25" fill="none" class="s-good" stroke-width="1.5"/><path d="M0-7.25a7.25 7.25 0 0 1 0 14.5z" class="f-good"/>"#
        }
        Some(Cell::Extra) => {
            r#"<rect x="-8" y="-8" width="16" height="16" rx="3" class="f-extra"/><path d="M-4 0H4M0-4V4" class="s-paper" stroke-width="2" stroke-linecap="round"/>"#
        }
        Some(Cell::Missing) => {
            r#"<circle r="7.25" fill="none" class="s-missing" stroke-width="1.5" stroke-dasharray="3 2.4"/><path d="M-3.5 0H3.5" class="s-missing" stroke-width="2" stroke-linecap="round"/>"#
        }
    }
}

/// Text for XML and HTML, in content and in quoted attributes. Nothing in it can be markup, steer a
/// terminal or turn the direction of writing.
pub(super) fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in escaped(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // No character of XML.
            '\u{fffe}' | '\u{ffff}' => _ = write!(out, "{}", c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn nothing_is_markup() {
        assert_eq!(safe("<a b=\"c\">&'\u{202e}\0"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;\\u{202e}\\u{0}");
    }
}
