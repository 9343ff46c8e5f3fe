//! Columns of text for people.

use super::style::escaped;

/// The width that tables have where standard output is no terminal.
const WIDTH: usize = 100;

/// How many columns of characters the terminal behind standard output has.
#[must_use]
pub fn width() -> usize {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok();
    size.map_or(WIDTH, |size| usize::from(size.ws_col)).max(20)
}

/// Appends rows, the columns as wide as their widest cell and two blanks apart, each line behind `indent`.
/// Columns without any text are left out. Nothing in a cell can steer the terminal.
pub fn rows(out: &mut String, indent: &str, rows: &[Vec<String>]) {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| escaped(cell).into_owned()).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|at| {
            rows.iter()
                .filter_map(|row| row.get(at))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default()
        })
        .collect();
    for row in &rows {
        let mut line = indent.to_owned();
        for (cell, width) in row.iter().zip(&widths).filter(|(_, width)| **width > 0) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::rows;

    #[test]
    fn columns_are_as_wide_as_needed_and_empty_ones_go() {
        let cells = |row: &[&str]| row.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let mut out = String::new();
        rows(&mut out, "  ", &[cells(&["é", "", "x"]), cells(&["long", "", "\u{1b}[2J"]), cells(&["a"])]);
        assert_eq!(out, "  é     x\n  long  \\u{1b}[2J\n  a\n");
    }
}
