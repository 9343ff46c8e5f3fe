//! JSON objects at random.

use super::Random;

const KEYS: &[&str] = &[
    "password",
    "user",
    "key",
    "a.b",
    "a:b",
    "a b",
    "",
    "ключ",
    "日本",
    "😀",
    "quote\\\"",
    "back\\\\slash",
    "\\u0041",
    "new\\nline",
    "port_unencrypted",
    "secret_enc",
    "sops2",
    "[0]",
    "<html>&",
    "/slash",
    "\\/",
];

const STRINGS: &[&str] = &[
    "",
    " ",
    "a",
    "true",
    "12",
    "null",
    "\\n",
    "\\t\\r\\b\\f",
    "\\\\",
    "\\\"",
    "\\/",
    "/",
    "\\u00e9",
    "\\ud83d\\ude00",
    "<a href='x'>&amp;</a>",
    "\\u003c",
    "\\u2028",
    "\u{2028}",
    "\u{7f}",
    "ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]",
    "-----BEGIN KEY-----\\nabc\\n-----END KEY-----\\n",
    "2001-12-14",
    "# no comment",
];

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "42",
    "1.5",
    "-0.25",
    "1.0",
    "1.10",
    "1e3",
    "1E+3",
    "1e-7",
    "12e-1",
    "100",
    "9007199254740991",
    "-9007199254740991",
    "3.141592653589793",
    "1e21",
    "1.7976931348623157e308",
    "5e-324",
    "0.1",
    "123456789.125",
];

struct Writer<'r> {
    random: &'r mut Random,
    out: String,
    /// The text of one level of indentation; none for one line.
    indent: Option<&'static str>,
    /// What stands around a colon and after a comma.
    colon: &'static str,
    line_end: &'static str,
}

/// An object, in one of many layouts.
pub(super) fn document(random: &mut Random) -> Vec<u8> {
    let indent = [None, Some("  "), Some("    "), Some("\t"), Some(""), Some("   ")][random.below(6)];
    let colon = random.one_of(&[": ", ": ", ":", " : ", ":  "]);
    let line_end = if random.chance(8) { "\r\n" } else { "\n" };
    let mut writer = Writer { random, out: String::new(), indent, colon, line_end };
    if writer.random.chance(5) {
        writer.out.push_str("\n  ");
    }
    writer.map(0);
    writer.out.push_str(writer.random.one_of(&["\n", "\n", "\n", "", "\n\n", " \n"]));
    writer.out.into_bytes()
}

impl Writer<'_> {
    fn line(&mut self, depth: usize) {
        if let Some(step) = self.indent {
            self.out.push_str(self.line_end);
            self.out.push_str(&step.repeat(depth));
        }
    }

    fn value(&mut self, depth: usize) {
        match self.random.below(if depth > 4 { 8 } else { 12 }) {
            0 => self.out.push_str(self.random.one_of(&["null", "true", "false"])),
            1..=3 => self.out.push_str(self.random.one_of(NUMBERS)),
            4 => self.out.push_str(self.random.one_of(&["{}", "[]", "{ }", "[ ]", "\"\""])),
            5..=7 => self.string(),
            8 | 9 => self.list(depth),
            _ => self.map(depth),
        }
    }

    fn string(&mut self) {
        let words = self.random.words().replace('\\', "\\\\");
        let text = if self.random.chance(50) { self.random.one_of(STRINGS).to_owned() } else { words };
        self.out.push_str(&format!("\"{text}\""));
    }

    fn list(&mut self, depth: usize) {
        let count = self.random.below(5);
        self.out.push('[');
        for number in 0..count {
            if number > 0 {
                self.out.push(',');
            }
            self.line(depth + 1);
            self.value(depth + 1);
        }
        if count > 0 {
            self.line(depth);
        }
        self.out.push(']');
    }

    fn map(&mut self, depth: usize) {
        let count = self.random.below(7);
        self.out.push('{');
        for number in 0..count {
            if number > 0 {
                self.out.push(',');
            }
            self.line(depth + 1);
            // Numbered, so that no key comes twice.
            let key = format!("{}{number}", self.random.one_of(KEYS));
            self.out.push_str(&format!("\"{key}\"{}", self.colon));
            self.value(depth + 1);
        }
        if count > 0 {
            self.line(depth);
        }
        self.out.push('}');
    }
}
