//! The events of a run, one JSON object a line: what was done and to what, never a value.

use crate::error::{Code, Failure};
use crate::io::AppendLog;
use serde_json::{Map, Value, json};
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Where events go.
pub(super) struct Audit {
    sink: Sink,
    optional: bool,
    host: String,
}

enum Sink {
    Stderr,
    Log(AppendLog),
    Nowhere,
}

impl Audit {
    /// Opens the place that `destination` names: `stderr`, `file:PATH`, `fd:N` or `none`. If it names none,
    /// events go to standard error, but not to a person at a terminal.
    ///
    /// # Errors
    /// It is none of these (64), or cannot be opened and is not optional (74).
    pub(super) fn open(destination: Option<&str>, optional: bool) -> Result<Self, Failure> {
        let usual = || if std::io::stderr().is_terminal() { "none" } else { "stderr" };
        let destination = destination.unwrap_or_else(usual);
        let opened = match destination.split_once(':') {
            None if destination == "stderr" => Ok(Sink::Stderr),
            None if destination == "none" => Ok(Sink::Nowhere),
            Some(("file", path)) => AppendLog::open(Path::new(path)).map(Sink::Log),
            Some(("fd", number)) if number.parse::<u32>().is_ok() => {
                AppendLog::of_descriptor(number.parse().unwrap_or_default()).map(Sink::Log)
            }
            _ => {
                return Err(Failure::new(
                    Code::BadUsage,
                    format!("`{destination}` is no value of `--audit`"),
                )
                .cause("it takes stderr, file:PATH, fd:N or none"));
            }
        };
        let sink = match opened {
            Err(_) if optional => Sink::Nowhere,
            opened => opened.map_err(|error| unwritable(&error))?,
        };
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Ok(Self { sink, optional, host })
    }

    /// Writes the event `name` with its fields, a JSON object.
    ///
    /// # Errors
    /// It cannot be written and is not optional (74).
    pub(super) fn event(&self, name: &str, fields: Value) -> Result<(), Failure> {
        let now = OffsetDateTime::now_utc();
        let time = now.replace_nanosecond(now.nanosecond() / 1_000_000 * 1_000_000).unwrap_or(now);
        let mut object = Map::new();
        object.insert("seal".to_owned(), json!(1));
        object.insert("time".to_owned(), json!(time.format(&Rfc3339).unwrap_or_default()));
        object.insert("event".to_owned(), json!(name));
        if let Value::Object(fields) = fields {
            object.extend(fields);
        }
        object.insert("host".to_owned(), json!(self.host));
        object.insert("pid".to_owned(), json!(std::process::id()));
        let mut line = Value::Object(object).to_string();
        line.push('\n');
        let written = match &self.sink {
            Sink::Stderr => std::io::stderr().write_all(line.as_bytes()),
            Sink::Log(log) => log.append(line.as_bytes()),
            Sink::Nowhere => Ok(()),
        };
        match written {
            Err(error) if !self.optional => Err(unwritable(&error)),
            _ => Ok(()),
        }
    }
}

fn unwritable(error: &std::io::Error) -> Failure {
    Failure::new(Code::CannotRender, "cannot write the audit log")
        .named("E_AUDIT")
        .cause(crate::io::reason(error))
        .hint("to go on without it: --audit-optional")
}
