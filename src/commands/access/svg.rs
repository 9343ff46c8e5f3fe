//! The matrix as a picture of its own: no script, no font, nothing from elsewhere.

use super::matrix::{Cell, Row};
use super::palette::{classes, safe, shape};
use super::{Report, fitted};
use std::fmt::Write as _;

const PAD: f64 = 28.0;
/// Where rows begin.
const EDGE: f64 = PAD - 10.0;
const COLUMN: f64 = 40.0;
const ROW: f64 = 46.0;
/// Widths of characters: of monospace at 13 and 12, of text at 12 units.
const MONO: f64 = 7.85;
const SMALL_MONO: f64 = 7.25;
const SMALL: f64 = 6.7;
/// Names are written upwards at this slope.
const SLOPE: f64 = std::f64::consts::FRAC_1_SQRT_2;
/// Characters of a label, of a name.
const LABEL: usize = 56;
const NAME: usize = 26;

const STYLE: &str = "\
text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}
.label{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-weight:600}
.name{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}
.soft{font-size:12px}.key{font-style:italic}
.title{font-size:17px;font-weight:600}
";

fn width_of(text: &str, character: f64) -> f64 {
    text.chars().count() as f64 * character
}

/// The picture.
pub(super) fn write(report: &Report) -> String {
    let matrix = &report.matrix;
    let names: Vec<String> = matrix.columns.iter().map(|column| fitted(&column.label, NAME)).collect();
    let legend: Vec<Cell> = matrix.kinds().collect();
    let summary = report.summary();
    let widest = |texts: &mut dyn Iterator<Item = f64>| texts.fold(0.0_f64, f64::max);
    let labels = widest(
        &mut matrix
            .rows
            .iter()
            .flat_map(|row| [width_of(&fitted(&row.label, LABEL), MONO), width_of(&remark(row), SMALL)]),
    );
    let left = PAD + labels.max(120.0) + 20.0;
    let grid = left + names.len() as f64 * COLUMN;
    let overhang = widest(
        &mut names
            .iter()
            .enumerate()
            .map(|(at, name)| left + (at as f64 + 0.5) * COLUMN + width_of(name, SMALL_MONO) * SLOPE + 14.0),
    );
    let legend_width: f64 = legend.iter().map(|cell| legend_step(*cell)).sum();
    let texts = widest(&mut summary.iter().map(|line| width_of(line, SMALL)));
    let width = [grid, overhang, PAD + legend_width, PAD + texts].into_iter().fold(320.0, f64::max) + PAD;
    let head = widest(&mut names.iter().map(|name| width_of(name, SMALL_MONO) * SLOPE)) + 16.0;
    let top = PAD + 30.0 + head;
    let bottom = top + matrix.rows.len() as f64 * ROW;
    let below = bottom + 24.0;
    let height = below + 30.0 + summary.len() as f64 * 19.0 + PAD - 14.0;

    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-labelledby=\"t d\">\n\
         <title id=\"t\">Who can read which encrypted files</title>\n<desc id=\"d\">{}</desc>\n\
         <style>{}{STYLE}</style>\n\
         <rect x=\".5\" y=\".5\" width=\"{:.0}\" height=\"{:.0}\" rx=\"8\" class=\"f-paper s-line\"/>\n\
         <text class=\"title f-ink\" x=\"{PAD}\" y=\"{:.0}\">Who can read what</text>\n",
        safe(&described(report)),
        classes(),
        width - 1.0,
        height - 1.0,
        PAD + 14.0,
    );
    for (at, (name, column)) in names.iter().zip(&matrix.columns).enumerate() {
        let x = left + (at as f64 + 0.5) * COLUMN;
        let class = if column.named { "name f-ink" } else { "name key f-soft" };
        let roles =
            if column.roles.is_empty() { String::new() } else { format!(" ({})", column.roles.join(", ")) };
        let hint = format!("{}{roles}: {}", column.label, column.keys.join(", "));
        let _ = writeln!(
            out,
            "<text class=\"{class}\" transform=\"translate({:.1} {:.1}) rotate(-45)\"><title>{}</title>{}</text>",
            x + 4.0,
            top - 10.0,
            safe(&hint),
            safe(name),
        );
    }
    for (at, row) in matrix.rows.iter().enumerate() {
        row_of(&mut out, row, at, left, grid, top);
    }
    let _ = writeln!(out, "<path d=\"M{EDGE} {bottom:.1}H{grid:.1}\" class=\"s-line\"/>",);
    let mut x = PAD + 10.0;
    for cell in legend {
        let _ = writeln!(
            out,
            "<g transform=\"translate({x:.1} {below:.1})\">{}</g><text class=\"soft f-soft\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            shape(Some(cell)),
            x + 16.0,
            below + 4.0,
            cell.meaning(),
        );
        x += legend_step(cell);
    }
    for (at, line) in summary.iter().enumerate() {
        let y = below + 34.0 + at as f64 * 19.0;
        let _ = writeln!(out, "<text class=\"soft f-soft\" x=\"{PAD}\" y=\"{y:.1}\">{}</text>", safe(line));
    }
    out.push_str("</svg>\n");
    out
}

fn row_of(out: &mut String, row: &Row, at: usize, left: f64, grid: f64, top: f64) {
    let y = top + at as f64 * ROW;
    if at.is_multiple_of(2) {
        let _ = writeln!(
            out,
            "<rect x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{ROW}\" class=\"f-stripe\"/>",
            EDGE,
            grid - EDGE,
        );
    }
    let _ = writeln!(out, "<path d=\"M{EDGE} {y:.1}H{grid:.1}\" class=\"s-line\"/>");
    let remark = remark(row);
    let middle = y + ROW / 2.0;
    let first = if remark.is_empty() { middle + 4.5 } else { middle - 3.0 };
    let _ = writeln!(
        out,
        "<text class=\"label f-ink\" x=\"{PAD}\" y=\"{first:.1}\"><title>{}</title>{}</text>",
        safe(&row.files.join("\n").replace('\n', ", ")),
        safe(&fitted(&row.label, LABEL)),
    );
    if !remark.is_empty() {
        let _ = writeln!(
            out,
            "<text class=\"soft f-soft\" x=\"{PAD}\" y=\"{:.1}\">{}</text>",
            middle + 14.0,
            safe(&remark)
        );
    }
    for (at, cell) in row.cells.iter().enumerate() {
        let x = left + (at as f64 + 0.5) * COLUMN;
        let _ = writeln!(out, "<g transform=\"translate({x:.1} {middle:.1})\">{}</g>", shape(*cell));
    }
}

/// What stands below a label.
fn remark(row: &Row) -> String {
    let grants = row.granted_to().join(", ");
    let grants = (!grants.is_empty()).then(|| format!("to {}", fitted(&grants, LABEL)));
    row.remarks().into_iter().chain(grants).collect::<Vec<_>>().join(" · ")
}

fn legend_step(cell: Cell) -> f64 {
    16.0 + width_of(cell.meaning(), SMALL) + 28.0
}

/// The matrix in words, for those who cannot see it.
fn described(report: &Report) -> String {
    let columns = &report.matrix.columns;
    let row = |row: &Row| {
        let who = Cell::ALL.into_iter().filter_map(|kind| {
            let names: Vec<&str> = columns
                .iter()
                .zip(&row.cells)
                .filter(|(_, cell)| **cell == Some(kind))
                .map(|(column, _)| column.label.as_str())
                .collect();
            (!names.is_empty()).then(|| format!("{}: {}", kind.meaning(), names.join(", ")))
        });
        format!("{}: {}.", row.label, who.collect::<Vec<_>>().join("; "))
    };
    report.matrix.rows.iter().map(row).collect::<Vec<_>>().join(" ")
}
