//! The matrix as JSON.

use super::Report;
use crate::commands::who::json_of_rule;
use serde_json::{Map, Value, json};

/// Rows with their files and readers, readers with their keys, what differs.
pub(super) fn write(report: &Report) -> String {
    let columns = &report.matrix.columns;
    let readers: Vec<Value> = columns
        .iter()
        .map(|column| {
            json!({
                "reader": column.id,
                "named": column.named,
                "keys": column.keys,
                "roles": column.roles,
            })
        })
        .collect();
    let rows: Vec<Value> = report
        .matrix
        .rows
        .iter()
        .map(|row| {
            let cells = columns.iter().zip(&row.cells);
            let access: Map<String, Value> = cells
                .filter_map(|(column, cell)| Some((column.id.clone(), json!((*cell)?.word()))))
                .collect();
            json!({
                "label": row.label,
                "files": row.files,
                "rule": json_of_rule(&row.ruling),
                "groups": row.needed.1,
                "groups_needed": row.needed.0,
                "access": access,
            })
        })
        .collect();
    let drift: Vec<Value> = report
        .drift
        .iter()
        .map(|drift| {
            json!({
                "rule": drift.rule + 1,
                "path_regex": drift.path_regex,
                "missing": drift.missing,
                "extra": drift.extra,
            })
        })
        .collect();
    let data = json!({
        "files": report.files,
        "readers": readers,
        "rows": rows,
        "differing": report.differing,
        "unreadable": report.unreadable,
        "drift": drift,
    });
    format!("{data:#}\n")
}
