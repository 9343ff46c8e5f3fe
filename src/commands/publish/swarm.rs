//! Secrets of Docker Swarm: one for each version of a value, as they cannot be changed.

use super::docker::Docker;
use super::service::{Reference, Wanted, flags};
use super::values::{Item, items};
use super::{Job, failure};
use crate::commands::output::print;
use crate::error::{Code, Failure};
use crate::render::Separator;
use crate::ui::shell_word;
use serde_json::{Value, json};
use std::collections::HashSet;

/// How values become secrets of a swarm.
#[derive(Debug, Default)]
pub struct Options {
    /// What their names begin with.
    pub prefix: String,
    /// The service that is to have them.
    pub service: Option<String>,
    /// Change the service, instead of saying how.
    pub apply: bool,
    /// Remove secrets of older versions that no service uses.
    pub prune: bool,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// The longest name of a secret.
const LONGEST_NAME: usize = 64;
/// Swarm takes no secret that is larger, in bytes (`MaxSecretSize` of swarmkit).
const MOST_BYTES: usize = 500 << 10;
/// How much of a version stands in a name, in hexadecimal digits.
const VERSION: usize = 12;

/// Labels of the secrets that are made here.
const PATH: &str = "seal.path";
const VERSION_LABEL: &str = "seal.version";
const FILE: &str = "seal.file";
const PREFIX: &str = "seal.prefix";

/// A version of a value in the swarm.
struct Secret<'d> {
    /// Its name there.
    name: String,
    item: Item<'d>,
}

/// Makes the secrets that are missing; then the service, then the old ones.
///
/// # Errors
/// A value that Swarm does not take (78), no `docker` (127), or one that fails (1).
pub(super) fn publish(job: &Job<'_>, options: &Options) -> Result<(), Failure> {
    check(job, options)?;
    let secrets = secrets(job, options)?;
    let docker = Docker::find(job.context)?;
    let service = options.service.as_ref().map(|name| Service::find(&docker, name)).transpose()?;
    let there = docker.lines("list the secrets of the swarm", &["secret", "ls", "--format", "{{.Name}}"])?;
    let there: HashSet<&str> = there.iter().map(String::as_str).collect();
    let mut report = Report::default();
    for secret in &secrets {
        let is_there = there.contains(secret.name.as_str());
        if !is_there && !options.dry_run {
            create(&docker, secret, options)?;
        }
        report.secret(job, secret, is_there, options.dry_run);
    }
    report.summary(job, options.dry_run);
    let mut command = None;
    if let Some(service) = &service {
        command = update(job, &docker, service, &secrets, options, &mut report)?;
    }
    if options.prune {
        prune(job, &docker, options, &mut report)?;
    }
    match (job.context.is_json(), command) {
        (true, _) => print(format!("{:#}\n", report.json()).as_bytes()),
        (false, Some(command)) => print(format!("{command}\n").as_bytes()),
        (false, None) => Ok(()),
    }
}

/// Flags that say nothing together.
fn check(job: &Job<'_>, options: &Options) -> Result<(), Failure> {
    if options.service.as_ref().is_some_and(|name| name.is_empty() || name.starts_with('-')) {
        return Err(failure::wish("`--service` takes the name of a service"));
    }
    if options.prune && job.sources.iter().any(|source| source.input.path.is_none()) {
        return Err(Failure::new(
            Code::ConflictingParameters,
            "`--prune` and standard input cannot be used together; nothing was published",
        )
        .cause("old versions are known by the name of their file"));
    }
    Ok(())
}

/// The secrets that there are to be.
fn secrets<'j>(job: &Job<'j>, options: &Options) -> Result<Vec<Secret<'j>>, Failure> {
    let items = items(job.documents, job.selection, Separator::Dot);
    let items = items.map_err(|error| failure::render(job.sources, &error))?;
    items
        .into_iter()
        .map(|item| {
            let name = format!("{}{}.{}", options.prefix, item.name, version(&item));
            if !is_name(&name) || !item.name.bytes().all(is_name_byte) {
                let cause = format!(
                    "`{name}` is no name of a secret in Swarm: that has letters, digits, `-`, `_` and `.`, begins \
                     with a letter or digit, and has 64 characters at most"
                );
                return Err(failure::refused(job, &item, "E_NAME", cause));
            }
            let refused = |cause: &str| Err(failure::refused(job, &item, "E_VALUE", cause.to_owned()));
            match item.bytes.len() {
                0 => refused("it is empty, and Swarm takes no empty secret"),
                size if size >= MOST_BYTES => refused("it is larger than the 500 KiB that Swarm takes"),
                _ => Ok(Secret { name, item }),
            }
        })
        .collect()
}

fn version<'i>(item: &'i Item<'_>) -> &'i str {
    short(&item.leaf.version)
}

fn short(version: &str) -> &str {
    version.get(..VERSION).unwrap_or(version)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)
}

/// Whether Swarm takes it; what is made here always ends in a digit or letter.
fn is_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.bytes().all(is_name_byte)
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
}

/// The last part of the name of a document's file.
fn file_of(document: &str) -> &str {
    document.rsplit('/').next().unwrap_or(document)
}

fn create(docker: &Docker, secret: &Secret<'_>, options: &Options) -> Result<(), Failure> {
    let item = &secret.item;
    let labels = [
        format!("{PATH}={}", item.leaf.path),
        format!("{VERSION_LABEL}={}", version(item)),
        format!("{FILE}={}", file_of(item.document.name())),
        format!("{PREFIX}={}", options.prefix),
    ];
    let mut args = vec!["secret", "create"];
    labels.iter().for_each(|label| args.extend(["--label", label]));
    args.extend([secret.name.as_str(), "-"]);
    docker.give(&format!("make the secret `{}`", secret.name), &args, item.bytes)
}

/// A service of the swarm.
struct Service<'o> {
    name: &'o str,
    present: Vec<Reference>,
}

impl<'o> Service<'o> {
    fn find(docker: &Docker, name: &'o str) -> Result<Self, Failure> {
        let found = docker.inspect("service", &[name.to_owned()])?;
        Ok(Self { name, present: found.first().map(Reference::all).unwrap_or_default() })
    }
}

/// Brings the service up to date, or gives the command that does.
fn update(
    job: &Job<'_>,
    docker: &Docker,
    service: &Service<'_>,
    secrets: &[Secret<'_>],
    options: &Options,
    report: &mut Report,
) -> Result<Option<String>, Failure> {
    let wanted: Vec<Wanted<'_>> = secrets
        .iter()
        .map(|secret| Wanted { source: &secret.name, target: &secret.item.name, access: secret.item.access })
        .collect();
    let flags = flags(&service.present, &wanted);
    let (name, say) =
        (service.name, |text: &str| job.context.say(&format!("service `{}`: {text}", service.name)));
    if flags.is_empty() {
        say("has these secrets already");
        report.service = Some(json!({ "name": name, "status": "unchanged" }));
        return Ok(None);
    }
    let mut args = vec!["service", "update"];
    args.extend(flags.iter().map(String::as_str));
    let words = std::iter::once("docker").chain(args.iter().copied()).chain([name]);
    let command: Vec<String> = words.map(word).collect();
    let status = if options.apply && !options.dry_run {
        args.extend(["--quiet", name]);
        docker.run(&format!("update the service `{name}`"), &args)?;
        say("updated");
        "updated"
    } else {
        say("is to be updated");
        "differs"
    };
    report.service = Some(json!({ "name": name, "status": status, "command": command }));
    Ok((status == "differs").then(|| command.join(" ")))
}

/// An argument to paste into a shell; flags stay flags.
fn word(argument: &str) -> String {
    if argument.starts_with("--") { argument.to_owned() } else { shell_word(argument).into_owned() }
}

/// Removes secrets of these files and this prefix that no value of the files is any more, and no service
/// uses or would use again after a rollback.
fn prune(job: &Job<'_>, docker: &Docker, options: &Options, report: &mut Report) -> Result<(), Failure> {
    let ids = |what: &str, args: &[&str]| docker.lines(&format!("list the {what} of the swarm"), args);
    let filter = format!("label={PATH}");
    let ours = ids("secrets", &["secret", "ls", "--quiet", "--filter", &filter])?;
    let old: Vec<(String, String)> =
        docker.inspect("secret", &ours)?.iter().filter_map(|secret| outdated(job, options, secret)).collect();
    if old.is_empty() {
        return Ok(());
    }
    let services = docker.inspect("service", &ids("services", &["service", "ls", "--quiet"])?)?;
    let used: HashSet<&str> = services.iter().flat_map(used_by).collect();
    for (id, name) in &old {
        if used.contains(id.as_str()) {
            continue;
        }
        if !options.dry_run {
            docker.run(&format!("remove the secret `{name}`"), &["secret", "rm", name])?;
        }
        job.context
            .say(&format!("`{name}`: {}", if options.dry_run { "would be removed" } else { "removed" }));
        report.removed.push(name.clone());
    }
    Ok(())
}

/// The number and the name of a secret that was made from these files and is none of their values now.
fn outdated(job: &Job<'_>, options: &Options, secret: &Value) -> Option<(String, String)> {
    let text = |pointer: &str| secret.pointer(pointer).and_then(Value::as_str);
    let label = |name: &str| secret.pointer("/Spec/Labels")?.get(name)?.as_str();
    let (path, version, file) = (label(PATH)?, label(VERSION_LABEL)?, label(FILE)?);
    let mut of_file = job.documents.iter().filter(|document| file_of(document.name()) == file).peekable();
    if label(PREFIX)? != options.prefix || of_file.peek().is_none() {
        return None;
    }
    let mut leaves = of_file.flat_map(|document| document.leaves());
    let is_current = leaves.any(|leaf| short(&leaf.version) == version && leaf.path.to_string() == path);
    (!is_current).then_some((text("/ID")?.to_owned(), text("/Spec/Name")?.to_owned()))
}

/// The numbers of the secrets that a service uses, or used before its last update.
fn used_by(service: &Value) -> impl Iterator<Item = &str> {
    ["/Spec", "/PreviousSpec"].into_iter().flat_map(move |spec| {
        let secrets = service.pointer(&format!("{spec}/TaskTemplate/ContainerSpec/Secrets"));
        let secrets = secrets.and_then(Value::as_array).into_iter().flatten();
        secrets.filter_map(|secret| secret.get("SecretID")?.as_str())
    })
}

/// What was done.
#[derive(Default)]
struct Report {
    secrets: Vec<Value>,
    created: usize,
    service: Option<Value>,
    removed: Vec<String>,
}

impl Report {
    fn secret(&mut self, job: &Job<'_>, secret: &Secret<'_>, is_there: bool, dry_run: bool) {
        let status = match (is_there, dry_run) {
            (true, _) => "present",
            (false, false) => "created",
            (false, true) => "would be created",
        };
        if !is_there {
            self.created += 1;
            job.context.say(&format!("`{}`: {status}", secret.name));
        }
        let item = &secret.item;
        self.secrets.push(json!({
            "secret": secret.name,
            "name": item.name,
            "file": item.document.name(),
            "path": item.leaf.path.to_string(),
            "status": status,
        }));
    }

    fn summary(&self, job: &Job<'_>, dry_run: bool) {
        let verb = if dry_run { "would be created" } else { "created" };
        let present = self.secrets.len() - self.created;
        job.context.say(&format!("{} {verb}, {present} there already", count(self.created)));
    }

    fn json(self) -> Value {
        json!({ "secrets": self.secrets, "service": self.service, "removed": self.removed })
    }
}

fn count(secrets: usize) -> String {
    format!("{secrets} secret{}", if secrets == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::{is_name, word};

    #[test]
    fn names_are_those_of_swarm() {
        for name in ["a", "db.password.0123456789ab", "A-b_c.9", &"x".repeat(64)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", ".a", "-a", "_a", "a b", "a/b", "é", "a\n", &"x".repeat(65)] {
            assert!(!is_name(name), "{name:?}");
        }
    }

    #[test]
    fn the_command_can_be_pasted() {
        assert_eq!(word("--secret-add"), "--secret-add");
        assert_eq!(word("source=a.1,target=a,mode=0400"), "source=a.1,target=a,mode=0400");
        assert_eq!(word("source=a,\"target=x y\""), "'source=a,\"target=x y\"'");
        assert_eq!(word("-x"), "./-x");
    }
}
