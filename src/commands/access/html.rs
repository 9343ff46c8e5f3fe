//! The matrix as a page of its own: a real table, no script, nothing from elsewhere.

use super::Report;
use super::matrix::{Cell, Row};
use super::palette::{classes, properties, safe, shape};
use std::fmt::Write as _;

const HEAD: &str = "\
<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">
<meta name=\"color-scheme\" content=\"light dark\">
<title>Who can read what</title>
<style>
";

const STYLE: &str = "\
body{margin:2rem;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}
h1{font-size:1.35rem;margin:0 0 1rem}
.wide{overflow-x:auto}
table{border-collapse:collapse}
th{font-weight:400;text-align:left}
thead th{vertical-align:bottom;padding:.5rem .35rem}
thead span{display:inline-block;writing-mode:vertical-rl;transform:rotate(180deg);max-height:18rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
thead th,tbody th b{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:.875rem}
thead .key{color:var(--soft);font-style:italic}
tbody tr{border-top:1px solid var(--line)}
tbody tr:last-child{border-bottom:1px solid var(--line)}
tbody tr:nth-child(odd){background:var(--stripe)}
tbody th{padding:.45rem 2rem .45rem .6rem;max-width:32rem;overflow-wrap:anywhere}
td{text-align:center;padding:.25rem .55rem}
small{display:block;color:var(--soft);font-size:.8rem}
svg{display:inline-block;vertical-align:middle}
details{display:block;color:var(--soft);font-size:.8rem}
summary{cursor:pointer}
ul{margin:.25rem 0;padding-left:1.2rem}
.legend{color:var(--soft);margin:1.25rem 0 .5rem}
.legend span{margin-right:1.75rem;white-space:nowrap}
.legend svg{margin-right:.5rem}
p{color:var(--soft);margin:.25rem 0}
.heard{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
</style>
</head>
<body>
<h1>Who can read what</h1>
";

/// The page.
pub(super) fn write(report: &Report) -> String {
    let matrix = &report.matrix;
    let mut out = format!("{HEAD}{}{}{STYLE}", properties(), classes());
    out.push_str("<div class=\"wide\">\n<table>\n<caption class=\"heard\">Encrypted files and who can read them</caption>\n");
    out.push_str("<thead>\n<tr><th scope=\"col\"><span class=\"heard\">files</span></th>");
    for column in &matrix.columns {
        let roles =
            if column.roles.is_empty() { String::new() } else { format!("{}: ", column.roles.join(", ")) };
        let hint = format!("{roles}{}", column.keys.join(", "));
        let class = if column.named { "" } else { " class=\"key\"" };
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "<th scope=\"col\"{class} title=\"{}\"><span>{}</span></th>",
            safe(&hint),
            safe(&column.label)
        );
    }
    out.push_str("</tr>\n</thead>\n<tbody>\n");
    for row in &matrix.rows {
        row_of(&mut out, row);
    }
    out.push_str("</tbody>\n</table>\n</div>\n<div class=\"legend\">");
    for cell in matrix.kinds() {
        let _ = write!(out, "<span>{}{}</span>", glyph(Some(cell)), cell.meaning());
    }
    out.push_str("</div>\n");
    for line in report.summary() {
        let _ = writeln!(out, "<p>{}</p>", safe(&line));
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn row_of(out: &mut String, row: &Row) {
    let _ = write!(out, "<tr><th scope=\"row\"><b>{}</b>", safe(&row.label));
    if !row.granted_to().is_empty() {
        let _ = write!(out, "<small>to {}</small>", safe(&row.granted_to().join(", ")));
    }
    if row.files.len() > 1 {
        let _ = write!(out, "<details><summary>{}</summary><ul>", safe(&row.remarks().join(" · ")));
        for file in &row.files {
            let _ = write!(out, "<li>{}</li>", safe(file));
        }
        out.push_str("</ul></details>");
    } else if !row.remarks().is_empty() {
        let _ = write!(out, "<small>{}</small>", safe(&row.remarks().join(" · ")));
    }
    out.push_str("</th>");
    for cell in &row.cells {
        let heard = cell.map_or("cannot read", Cell::meaning);
        let _ =
            write!(out, "<td title=\"{heard}\">{}<span class=\"heard\">{heard}</span></td>", glyph(*cell));
    }
    out.push_str("</tr>\n");
}

fn glyph(cell: Option<Cell>) -> String {
    format!(
        "<svg width=\"20\" height=\"20\" viewBox=\"-10 -10 20 20\" aria-hidden=\"true\">{}</svg>",
        shape(cell)
    )
}
