//! Random documents: every way of writing that TOML has.

/// A document made by the numbers.
pub(crate) fn document(numbers: &[u8]) -> String {
    let mut maker = Maker { numbers: numbers.iter(), names: 0, out: String::new() };
    maker.document();
    maker.out
}

struct Maker<'n> {
    numbers: std::slice::Iter<'n, u8>,
    names: usize,
    out: String,
}

const NAMES: &[&str] = &["a", "b-c", "D_1", "\"q r\"", "'lit.eral'", "\"\\u00e9\"", "1979", "\"\"", "sops2"];
const SCALARS: &[&str] = &[
    "1",
    "-17",
    "0x1F",
    "1_000",
    "0b1",
    "1.0",
    "1e3",
    "-1.5E-7",
    "inf",
    "-nan",
    "true",
    "false",
    "\"\"",
    "''",
    "\"hunter2\"",
    "\"esc \\\\ \\\" \\t \\u00e9\"",
    "\"tab\there # no comment\"",
    "'C:\\path'",
    "'it is \"quoted\"'",
    "\"\"\"one line\"\"\"",
    "\"\"\"\nlines\n  of \"text\"\n\"\"\"",
    "\"\"\"\\\n   joined \\\n\n   up\"\"\"",
    "'''raw'''",
    "'''\nraw 'lines'\n\n'''",
    "\"\"\"\n\n\"\"\"",
    "1979-05-27T07:32:00Z",
    "1979-05-27 00:32:00.9990-07:00",
    "1979-05-27T07:32:00",
    "1979-05-27 07:32:00.5",
    "1979-05-27",
    "07:32:00.1",
    "'1979-05-27'",
    "'''1979-05-27'''",
    "'''ENC[not'''",
    "\"ENC[AES256_GCM,x]\"",
];

impl Maker<'_> {
    fn number(&mut self) -> usize {
        self.numbers.next().map_or(0, |n| usize::from(*n))
    }

    fn one_of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.number() % texts.len()]
    }

    /// A name that is not there yet.
    fn name(&mut self) -> String {
        let name = self.one_of(NAMES);
        self.names += 1;
        match name.chars().next_back() {
            Some(quote @ ('"' | '\'')) => format!("{}{}{quote}", &name[..name.len() - 1], self.names),
            _ => format!("{name}{}", self.names),
        }
    }

    fn document(&mut self) {
        let carriage = self.number() % 5 == 4;
        if self.number() % 7 == 6 {
            self.out.push('\u{feff}');
        }
        self.body("");
        let mut tables: Vec<String> = Vec::new();
        let mut lists: Vec<String> = Vec::new();
        while self.numbers.len() > 0 {
            let above = self.number();
            let list = self.number().is_multiple_of(3);
            if list && self.number() % 2 == 1 && !lists.is_empty() {
                let name = lists[above % lists.len()].clone();
                self.header(&format!("[[{name}]]"));
            } else {
                let mut name = self.name();
                // Below a table that may stand further up; the lists that are left would be others.
                if above % 3 == 1 && !tables.is_empty() {
                    name = format!("{}.{name}", tables[above % tables.len()]);
                }
                if self.number() % 5 == 4 {
                    name = format!("{name} . {}", self.name());
                }
                self.header(&if list { format!("[[{name}]]") } else { format!("[ {name}]") });
                if list {
                    lists.push(name);
                } else {
                    tables.push(name);
                }
            }
            let indent = self.one_of(&["", "", "  ", "\t"]);
            self.body(indent);
        }
        if self.number() % 4 == 3 {
            self.out.push_str("# the end");
        }
        if carriage {
            self.out = self.out.replace('\n', "\r\n");
        }
    }

    fn header(&mut self, header: &str) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        let blank = self.one_of(&["", "\n", "\n\n"]);
        self.out.push_str(blank);
        self.comment("");
        self.out.push_str(header);
        self.end_line();
    }

    fn comment(&mut self, indent: &str) {
        if self.number() % 4 == 3 {
            let text = self.one_of(&["# about this", "#", "#! x = 1 [y]", "# é"]);
            self.out.push_str(&format!("{indent}{text}\n"));
            if self.number() % 4 == 3 {
                self.out.push('\n');
            }
        }
    }

    fn end_line(&mut self) {
        let end = self.one_of(&["\n", "\n", "\n", " # behind\n", "\t#\n", "  \n", "\n\n"]);
        self.out.push_str(end);
    }

    fn body(&mut self, indent: &str) {
        let mut dotted = String::new();
        for _ in 0..self.number() % 5 {
            self.comment(indent);
            self.out.push_str(indent);
            let name = self.name();
            if self.number() % 5 == 4 {
                if dotted.is_empty() || self.number().is_multiple_of(2) {
                    dotted = self.name();
                }
                self.out.push_str(&format!("{dotted}.{name}"));
            } else {
                self.out.push_str(&name);
            }
            let equals = self.one_of(&[" = ", " = ", "=", "  =\t", " ="]);
            self.out.push_str(equals);
            self.value(3);
            self.end_line();
        }
    }

    fn value(&mut self, depth: usize) {
        match self.number() % 8 {
            5 if depth > 0 => self.list(depth - 1),
            6 if depth > 0 => self.table(depth - 1),
            _ => {
                let scalar = self.one_of(SCALARS);
                self.out.push_str(scalar);
            }
        }
    }

    fn list(&mut self, depth: usize) {
        self.out.push('[');
        let gap = self.one_of(&["", " ", "\n  ", " # in\n  ", "\n  # own\n\n  "]);
        let count = self.number() % 4;
        for _ in 0..count {
            self.out.push_str(gap);
            self.value(depth);
            let comma = self.one_of(&[",", ",", " ,", ", # behind\n"]);
            self.out.push_str(comma);
        }
        let last = self.number();
        if last.is_multiple_of(2) && self.out.ends_with(',') {
            self.out.pop();
        }
        if last % 3 == 2 {
            self.out.push_str(gap);
        }
        self.out.push(']');
    }

    fn table(&mut self, depth: usize) {
        self.out.push('{');
        let mut dotted = String::new();
        for i in 0..self.number() % 4 {
            let comma = if i > 0 { self.one_of(&[", ", ",", " ,\n  ", ", # c\n"]) } else { " " };
            self.out.push_str(comma);
            let name = self.name();
            if self.number() % 5 == 4 {
                if dotted.is_empty() {
                    dotted = self.name();
                }
                self.out.push_str(&format!("{dotted}.{name}"));
            } else {
                self.out.push_str(&name);
            }
            self.out.push_str(" = ");
            self.value(depth);
        }
        let end = self.one_of(&["}", " }", "\n}", " # end\n}"]);
        self.out.push_str(end);
    }
}
