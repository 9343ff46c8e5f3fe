//! Who × what: files with the same readers by the same rule are one row, a name is one column.

use crate::commands::readers::{Reader, Readers, Ruling, Standing};
use crate::policy::Seal;
use std::collections::{BTreeMap, BTreeSet};

/// How somebody stands to the files of a row. The better ones first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    /// Can read.
    Reads,
    /// Holds a share of the data key: can read together with others.
    Share,
    /// Can read, though the rule does not say so.
    Extra,
    /// Should read by the rule, and cannot yet.
    Missing,
}

impl Cell {
    pub(super) const ALL: [Cell; 4] = [Cell::Reads, Cell::Share, Cell::Extra, Cell::Missing];

    /// One character.
    pub(super) fn symbol(self) -> char {
        match self {
            Cell::Reads => '●',
            Cell::Share => '◐',
            Cell::Extra => '+',
            Cell::Missing => '-',
        }
    }

    /// The word in data.
    pub(super) fn word(self) -> &'static str {
        match self {
            Cell::Reads => "reads",
            Cell::Share => "share",
            Cell::Extra => "extra",
            Cell::Missing => "missing",
        }
    }

    /// For a legend.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            Cell::Reads => "can read",
            Cell::Share => "can read together with others",
            Cell::Extra => "can read, but not by the rule",
            Cell::Missing => "by the rule, cannot read yet",
        }
    }
}

/// A reader.
#[derive(Debug)]
pub(super) struct Column {
    /// The name, or the key shortened.
    pub(super) label: String,
    /// Whether that is a name.
    pub(super) named: bool,
    /// The name, or the whole key.
    pub(super) id: String,
    /// The recipients of the keys that were met.
    pub(super) keys: Vec<String>,
    /// The roles that the recipient is in.
    pub(super) roles: Vec<String>,
}

/// Files with the same readers.
#[derive(Debug)]
pub(super) struct Row {
    /// The file, or what the files have in common.
    pub(super) label: String,
    /// The files.
    pub(super) files: Vec<String>,
    /// Their rule.
    pub(super) ruling: Ruling,
    /// How each reader stands, in the order of the columns.
    pub(super) cells: Vec<Option<Cell>>,
    /// Key groups needed, of how many.
    pub(super) needed: (usize, usize),
}

impl Row {
    /// The roles and recipients that the grant of the rule names.
    pub(super) fn granted_to(&self) -> &[String] {
        match &self.ruling {
            Ruling::Rule { granted_to: Some(to), .. } => to,
            _ => &[],
        }
    }

    /// `12 files`, `2 of 3 key groups`: what the label does not say.
    pub(super) fn remarks(&self) -> Vec<String> {
        let (needed, groups) = self.needed;
        let files = (self.files.len() > 1).then(|| format!("{} files", self.files.len()));
        let shares = (groups > 1).then(|| format!("{needed} of {groups} key groups"));
        files.into_iter().chain(shares).collect()
    }
}

/// The matrix.
#[derive(Debug)]
pub(super) struct Matrix {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
}

impl Matrix {
    /// The matrix of encrypted files; with `each`, every file has its row.
    pub(super) fn new(files: &[Readers], seal: Option<&Seal>, each: bool) -> Self {
        let mut columns: Vec<Column> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        // Known names in the order of the configuration, then the others as they come.
        let all = || files.iter().flat_map(|file| &file.readers);
        let met: BTreeSet<&str> = all().filter_map(|reader| reader.name.as_deref()).collect();
        for recipient in seal.into_iter().flat_map(|seal| &seal.recipients) {
            if met.contains(recipient.name.as_str()) {
                let roles = seal.into_iter().flat_map(|seal| seal.roles_of(&recipient.name));
                let roles = roles.map(|role| role.name.clone()).collect();
                places.insert(recipient.name.clone(), columns.len());
                let (label, id) = (recipient.name.clone(), recipient.name.clone());
                columns.push(Column { label, named: true, id, keys: Vec::new(), roles });
            }
        }
        for reader in all() {
            let place = *places.entry(identity(reader)).or_insert_with(|| {
                let (label, id) = (reader.key.short_recipient(), reader.key.recipient());
                columns.push(Column { label, named: false, id, keys: Vec::new(), roles: Vec::new() });
                columns.len() - 1
            });
            let recipient = reader.key.recipient();
            if !columns[place].keys.contains(&recipient) {
                columns[place].keys.push(recipient);
            }
        }
        let mut rows: BTreeMap<_, Row> = BTreeMap::new();
        for (number, file) in files.iter().enumerate() {
            let cells = cells(file, &places, columns.len());
            let rule = match &file.ruling {
                Ruling::Rule { index, .. } => *index,
                Ruling::Broken(_) => usize::MAX - 1,
                Ruling::None => usize::MAX,
            };
            let key = (rule, cells.clone(), (file.needed, file.groups), each.then_some(number));
            let row = rows.entry(key).or_insert_with(|| Row {
                label: String::new(),
                files: Vec::new(),
                ruling: file.ruling.clone(),
                cells,
                needed: (file.needed, file.groups),
            });
            row.files.push(file.name.clone());
        }
        // By rule, then by name.
        let mut rows: Vec<(usize, Row)> = rows.into_iter().map(|((rule, ..), row)| (rule, row)).collect();
        for (_, row) in &mut rows {
            row.files.sort_unstable();
            row.label = label(row);
        }
        rows.sort_by(|(a, x), (b, y)| (a, &x.label).cmp(&(b, &y.label)));
        Self { columns, rows: rows.into_iter().map(|(_, row)| row).collect() }
    }

    /// The kinds of cells that there are.
    pub(super) fn kinds(&self) -> impl Iterator<Item = Cell> {
        let all = || self.rows.iter().flat_map(|row| row.cells.iter().flatten());
        Cell::ALL.into_iter().filter(move |kind| all().any(|cell| cell == kind))
    }
}

/// What tells a reader from others: the name, else the key.
fn identity(reader: &Reader) -> String {
    match &reader.name {
        Some(name) => name.clone(),
        // A blank is in no name.
        None => format!("{} {}", reader.key.kind, reader.key.canonical_recipient()),
    }
}

fn cells(file: &Readers, places: &BTreeMap<String, usize>, columns: usize) -> Vec<Option<Cell>> {
    let mut cells = vec![None; columns];
    let mut groups = vec![BTreeSet::new(); columns];
    for reader in &file.readers {
        let Some(place) = places.get(&identity(reader)).copied() else { continue };
        if reader.standing != Standing::Missing {
            groups[place].insert(reader.group);
        }
        let cell = match reader.standing {
            Standing::Agreed if groups[place].len() < file.needed => Cell::Share,
            Standing::Agreed => Cell::Reads,
            Standing::Extra => Cell::Extra,
            Standing::Missing => Cell::Missing,
        };
        // Of several keys of one name the worst is shown, unless shares add up.
        cells[place] = match cells[place] {
            Some(Cell::Share) if cell == Cell::Reads => Some(cell),
            other => other.max(Some(cell)),
        };
    }
    cells
}

/// The file; else the folder that all have in common; else the files of the rule.
fn label(row: &Row) -> String {
    let [first, .., last] = &row.files[..] else { return row.files.concat() };
    // In a sorted list the ends differ most.
    let common = first.bytes().zip(last.bytes()).take_while(|(a, b)| a == b).count();
    match (first.as_bytes()[..common].iter().rposition(|byte| *byte == b'/'), &row.ruling) {
        (Some(slash), _) => first[..=slash].to_owned(),
        (None, Ruling::Rule { path_regex, .. }) if !path_regex.is_empty() => path_regex.clone(),
        (None, _) => "./".to_owned(),
    }
}
