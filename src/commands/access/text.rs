//! The matrix for the terminal: a table if it fits, else a list.

use super::Report;
use super::fitted;
use super::matrix::{Cell, Row};
use crate::ui::{escaped, table};
use std::fmt::Write as _;

/// Columns of characters between the columns of the table.
const GAP: usize = 2;

/// Labels are not made shorter than this.
const MIN_LABEL: usize = 20;

/// Names in the head of the table are not longer than this.
const NAME: usize = 16;

/// The table or list, the legend, the summary.
pub(super) fn write(report: &Report) -> String {
    let matrix = &report.matrix;
    let mut out = String::new();
    if !matrix.rows.is_empty() {
        let names: Vec<String> =
            matrix.columns.iter().map(|column| escaped(&column.label).into_owned()).collect();
        let short: Vec<String> = names.iter().map(|name| fitted(name, NAME)).collect();
        let heads: Vec<[String; 2]> = matrix.rows.iter().map(head).collect();
        let tails: Vec<String> = matrix.rows.iter().map(tail).collect();
        let length = |text: &String| text.chars().count();
        let widest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default();
        let remarks = match widest(&mut heads.iter().map(|head| length(&head[1]))) {
            0 => 0,
            width => width + GAP,
        };
        let cells = remarks + short.iter().map(|name| length(name) + GAP).sum::<usize>();
        let tail = widest(&mut tails.iter().map(length));
        let labels = widest(&mut heads.iter().map(|head| length(&head[0])));
        // Where it is narrow, grants are the first to go, then the middle of labels, then the columns.
        let room = table::width().saturating_sub(cells + GAP);
        let (with_tail, as_table) = (labels + tail <= room, labels.min(MIN_LABEL) <= room);
        let label = labels.min(room);
        if as_table {
            let _ = writeln!(
                out,
                "{:indent$}{}",
                "",
                short.join(&" ".repeat(GAP)),
                indent = label + GAP + remarks
            );
        }
        for ((row, head), tail) in matrix.rows.iter().zip(&heads).zip(&tails) {
            if !as_table {
                let parts = [head[0].as_str(), &head[1], tail];
                let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                let _ = writeln!(out, "{}", parts.join("  "));
                list(&mut out, row, &names);
                continue;
            }
            let mut line = String::new();
            let _ = write!(line, "{:label$}{:GAP$}{:remarks$}", fitted(&head[0], label), "", head[1]);
            for (name, cell) in short.iter().zip(&row.cells) {
                let symbol = cell.map_or('·', Cell::symbol);
                let _ = write!(line, "{symbol:^width$}{:GAP$}", "", width = length(name));
            }
            if with_tail {
                line.push_str(tail);
            }
            let _ = writeln!(out, "{}", line.trim_end());
        }
        let legend = matrix.kinds().map(|cell| format!("{} {}", cell.symbol(), cell.meaning()));
        let legend = legend.collect::<Vec<_>>().join("   ");
        let _ = writeln!(out, "\n{legend}\n");
    }
    for line in report.summary() {
        let _ = writeln!(out, "{}", escaped(&line));
    }
    if !report.differing.is_empty() {
        out.push_str("to give files the readers of their rules: seal updatekeys .\n");
    }
    out
}

fn head(row: &Row) -> [String; 2] {
    [escaped(&row.label).into_owned(), row.remarks().join(", ")]
}

fn tail(row: &Row) -> String {
    escaped(&row.granted_to().join(", ")).into_owned()
}

/// The readers of a row on lines of their own, broken between names.
fn list(out: &mut String, row: &Row, names: &[String]) {
    let width = table::width();
    let mut line = String::new();
    for (name, cell) in names.iter().zip(&row.cells) {
        let Some(cell) = cell else { continue };
        let word = format!("{} {name}", cell.symbol());
        if !line.is_empty() && 4 + line.chars().count() + 3 + word.chars().count() > width {
            let _ = writeln!(out, "    {line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push_str("   ");
        }
        line.push_str(&word);
    }
    let _ = writeln!(out, "    {line}");
}
