//! Failures and warnings as text or JSON.
//!
//! ```text
//! error: what could not be done, to which object
//! error[E_NAME]: the same, where programs that read logs are to know it
//!   cause: why, outermost first
//!   --> file:line:column: why, where it is one reason at one place
//!   hint: what to run
//! ```

use super::style::{Role, Style, escaped};
use crate::error::{Failure, Place, Warning};
use serde_json::{Value, json};
use std::io::{self, Write};

/// The largest number of hints shown.
const MAX_HINTS: usize = 2;

/// How reports are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Lines for people.
    Text(Style),
    /// One JSON object a line.
    Json,
}

/// Writes reports.
pub struct Reporter<W: Write> {
    out: W,
    form: Form,
    names: bool,
}

impl Reporter<io::Stderr> {
    /// Reports on standard error.
    #[must_use]
    pub fn stderr(json: bool, no_color: bool) -> Self {
        let form = if json { Form::Json } else { Form::Text(Style::for_stderr(no_color)) };
        Self::new(io::stderr(), form)
    }
}

impl<W: Write> Reporter<W> {
    /// Reports to `out`.
    pub fn new(out: W, form: Form) -> Self {
        Self { out, form, names: false }
    }

    /// Shows the names of failures from now on. JSON always has them.
    pub fn show_names(&mut self) {
        self.names = true;
    }

    /// Reports why the command failed.
    ///
    /// # Errors
    /// The output fails.
    pub fn failure(&mut self, failure: &Failure) -> io::Result<()> {
        let Failure { code, name, headline, causes, place, hints, .. } = failure;
        let report =
            Report { role: Role::Error, name: *name, headline, causes, place: place.as_deref(), hints };
        self.write(&report, Some(*code as u8))
    }

    /// Reports something that does not stop the command.
    ///
    /// # Errors
    /// The output fails.
    pub fn warning(&mut self, warning: &Warning) -> io::Result<()> {
        let Warning { headline, place, hints } = warning;
        let report =
            Report { role: Role::Warning, name: None, headline, causes: &[], place: place.as_ref(), hints };
        self.write(&report, None)
    }

    /// Says something that is neither, such as what was done. Nothing with JSON.
    ///
    /// # Errors
    /// The output fails.
    pub fn note(&mut self, text: &str) -> io::Result<()> {
        match self.form {
            Form::Text(_) => self.out.write_all(format!("{}\n", escaped(text)).as_bytes()),
            Form::Json => Ok(()),
        }
    }

    fn write(&mut self, report: &Report<'_>, code: Option<u8>) -> io::Result<()> {
        let mut text = match self.form {
            Form::Text(style) => report.text(style),
            Form::Json => report.json(code).to_string(),
        };
        text.push('\n');
        // One write: reports of programs that share the stream do not mix within a line.
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

/// What failures and warnings share.
struct Report<'r> {
    role: Role,
    name: Option<&'static str>,
    headline: &'r str,
    causes: &'r [String],
    place: Option<&'r Place>,
    hints: &'r [String],
}

impl Report<'_> {
    fn word(&self) -> &'static str {
        if self.role == Role::Warning { "warning" } else { "error" }
    }

    /// The lines, without the last line end.
    fn text(&self, style: Style) -> String {
        let mut out = String::new();
        match self.name {
            Some(name) => style.paint(&mut out, self.role, &format!("{}[{name}]", self.word())),
            None => style.paint(&mut out, self.role, self.word()),
        }
        out.extend([": ", &escaped(self.headline)]);
        match (self.place, self.causes) {
            (Some(place), [cause]) => {
                place_line(&mut out, style, place);
                out.extend([": ", &escaped(cause)]);
            }
            (place, causes) => {
                // Lines that belong together, such as the report of key groups, need no label.
                let block = causes.iter().any(|cause| cause.starts_with(' '));
                let label = if block { "" } else { "cause: " };
                for cause in causes {
                    out.extend(["\n  ", label, &escaped(cause)]);
                }
                if let Some(place) = place {
                    place_line(&mut out, style, place);
                }
            }
        }
        for hint in self.hints.iter().take(MAX_HINTS) {
            out.push_str("\n  ");
            style.paint(&mut out, Role::Hint, "hint");
            out.extend([": ", &escaped(hint)]);
        }
        out
    }

    fn json(&self, code: Option<u8>) -> Value {
        let place =
            self.place.map(|place| json!({ "file": place.file, "line": place.line, "column": place.column }));
        let mut object = json!({ "level": self.word() });
        if let Some(code) = code {
            object["code"] = code.into();
        }
        if let Some(name) = self.name {
            object["name"] = name.into();
        }
        object["headline"] = self.headline.into();
        if self.role == Role::Error {
            object["causes"] = self.causes.into();
        }
        object["place"] = place.into();
        object["hints"] = self.hints.into();
        object
    }
}

fn place_line(out: &mut String, style: Style, place: &Place) {
    out.push_str("\n  ");
    style.paint(out, Role::Place, "-->");
    out.extend([" ", &escaped(&place.to_string())]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn shown(form: Form, failure: &Failure) -> String {
        let mut out = Vec::new();
        Reporter::new(&mut out, form).failure(failure).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn text(failure: &Failure) -> String {
        shown(Form::Text(Style::Plain), failure)
    }

    fn place() -> Place {
        Place { file: ".sops.yaml".into(), line: 7, column: 22 }
    }

    #[test]
    fn one_reason_stands_at_its_place() {
        let failure =
            Failure::new(Code::Generic, "`encrypted_regex` is not a valid pattern; nothing was encrypted")
                .cause("a group opened here is never closed")
                .at(place());
        assert_eq!(
            text(&failure),
            concat!(
                "error: `encrypted_regex` is not a valid pattern; nothing was encrypted\n",
                "  --> .sops.yaml:7:22: a group opened here is never closed\n",
            )
        );
    }

    #[test]
    fn causes_come_before_place_and_hints() {
        let failure = Failure::new(Code::CannotWriteOutput, "cannot write `a.yaml`; it is unchanged")
            .cause("cannot create a file in the folder")
            .cause("permission denied")
            .at(place())
            .hint("one")
            .hint("two")
            .hint("three");
        assert_eq!(
            text(&failure),
            concat!(
                "error: cannot write `a.yaml`; it is unchanged\n",
                "  cause: cannot create a file in the folder\n",
                "  cause: permission denied\n",
                "  --> .sops.yaml:7:22\n",
                "  hint: one\n",
                "  hint: two\n",
            )
        );
    }

    #[test]
    fn a_block_of_causes_keeps_its_columns() {
        let failure = Failure::new(Code::CannotRecoverKey, "cannot recover the data key of `prod.yaml`")
            .cause("group 1 of 1, one key needed:")
            .cause("  age      age1ql3z…cac8p   none of your 2 identities matches");
        assert_eq!(
            text(&failure),
            concat!(
                "error: cannot recover the data key of `prod.yaml`\n",
                "  group 1 of 1, one key needed:\n",
                "    age      age1ql3z…cac8p   none of your 2 identities matches\n",
            )
        );
    }

    #[test]
    fn names_cannot_forge_lines_or_colours() {
        let failure =
            Failure::new(Code::NoFile, "cannot read `a\nerror: b\x1b[31m`").cause("x\ny").hint("z\r");
        assert_eq!(
            text(&failure),
            "error: cannot read `a\\nerror: b\\u{1b}[31m`\n  cause: x\\ny\n  hint: z\\r\n"
        );
        let place = Place { file: "a\nb".into(), line: 1, column: 1 };
        assert_eq!(text(&Failure::new(Code::NoFile, "x").at(place)), "error: x\n  --> a\\nb:1:1\n");
    }

    #[test]
    fn colour_changes_no_word() {
        let failure = Failure::new(Code::Generic, "x").cause("c").at(place()).hint("h");
        let coloured = shown(Form::Text(Style::Coloured), &failure);
        assert!(coloured.starts_with("\x1b[1;31merror\x1b[0m: x\n"));
        let mut bare = coloured;
        for code in ["1;31", "1;36", "34", "0"] {
            bare = bare.replace(&format!("\x1b[{code}m"), "");
        }
        assert_eq!(bare, text(&failure));
    }

    #[test]
    fn json_is_one_line_with_all_fields() {
        let failure = Failure::new(Code::MacMismatch, "a\nb").cause("c").at(place()).hint("h");
        assert_eq!(
            shown(Form::Json, &failure),
            concat!(
                r#"{"level":"error","code":51,"headline":"a\nb","causes":["c"],"#,
                r#""place":{"file":".sops.yaml","line":7,"column":22},"hints":["h"]}"#,
                "\n"
            )
        );
        let warning = Warning { headline: "w".into(), place: None, hints: Vec::new() };
        let mut out = Vec::new();
        let mut reporter = Reporter::new(&mut out, Form::Json);
        reporter.warning(&warning).unwrap();
        reporter.note("not for programs").unwrap();
        assert_eq!(out, b"{\"level\":\"warning\",\"headline\":\"w\",\"place\":null,\"hints\":[]}\n");
    }

    #[test]
    fn warnings_and_notes_have_the_same_form() {
        let warning =
            Warning { headline: "unknown field".into(), place: Some(place()), hints: vec!["h".into()] };
        let mut out = Vec::new();
        let mut reporter = Reporter::new(&mut out, Form::Text(Style::Plain));
        reporter.warning(&warning).unwrap();
        reporter.note("done\x07").unwrap();
        let wanted = "warning: unknown field\n  --> .sops.yaml:7:22\n  hint: h\ndone\\u{7}\n";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
    }
}
