//! What all commands share: settings, configuration, key services, the way to the user's ear.

use crate::doc::{FormatName, Layout, Timestamp};
use crate::error::{Code, Failure, Warning};
use crate::keys::age::{AgeService, IdentitySources};
use crate::keys::pgp::{GpgSettings, PgpService};
use crate::keys::{DecryptionOrder, KeyKind, Nobody, Services, Tried, Unattended};
#[cfg(feature = "keyservice")]
use crate::keyservice::RemoteService;
use crate::keyservice::ServiceAddress;
use crate::policy::{
    Config, CreationRule, KEY_VARIABLES, Problem, RecipientSettings, RuleError, Settings, Severity, find,
};
use crate::ui::{Reporter, Terminal};
use std::io::Stderr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use zeroize::Zeroizing;

/// Whose manners the program has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manner {
    /// Its own.
    #[default]
    Seal,
    /// Those of SOPS: scripts and programs expect them, so what succeeds is silent, and files of SOPS are
    /// the usual case.
    Sops,
}

/// How long a key service may take to answer, where the run has no limit of its own.
const LONGEST: Duration = Duration::from_secs(10);

/// The flags that concern every command.
#[derive(Debug, Default)]
pub struct Flags {
    /// Whose manners.
    pub manner: Manner,
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--quiet`
    pub quiet: bool,
    /// `--json`
    pub json: bool,
    /// `--identity`
    pub identities: Vec<PathBuf>,
    /// `--decryption-order`
    pub decryption_order: Option<String>,
    /// Which key services are asked.
    pub services: ServiceFlags,
}

/// The flags that say which key services are asked; each stands above its variable.
#[derive(Debug, Default)]
pub struct ServiceFlags {
    /// `--enable-local-keyservice`
    pub local: Option<bool>,
    /// `--keyservice`
    pub addresses: Vec<ServiceAddress>,
}

/// Identities that SOPS's variables name.
pub enum SopsKey {
    /// `SOPS_AGE_KEY_FILE`
    File(PathBuf),
    /// `SOPS_AGE_KEY`
    Text(Zeroizing<String>),
}

/// What all commands share. The configuration is read when it is first needed.
pub struct Context {
    settings: Settings,
    flags: Flags,
    /// Taken when the services are first used.
    sources: Mutex<IdentitySources>,
    services: OnceLock<Services>,
    reporter: Mutex<Reporter<Stderr>>,
    config: OnceLock<Option<Config>>,
}

impl Context {
    /// The context of a run.
    #[must_use]
    pub fn new(mut settings: Settings, flags: Flags) -> Self {
        let sources = IdentitySources {
            ssh_key_file: settings.age.ssh_key_file.take(),
            ssh_key_command: settings.age.ssh_key_command.take(),
            home: settings.home.clone(),
            key: settings.age.key.take(),
            key_file: settings.age.key_file.take(),
            key_command: settings.age.key_command.take(),
            default_file: settings.default_identity_file(),
            identity_files: flags.identities.clone(),
            ..IdentitySources::default()
        };
        let reporter = Mutex::new(Reporter::stderr(flags.json, settings.no_color));
        Self {
            settings,
            flags,
            sources: Mutex::new(sources),
            services: OnceLock::new(),
            reporter,
            config: OnceLock::new(),
        }
    }

    fn sources(&self) -> MutexGuard<'_, IdentitySources> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a text that was read from `place` be the only source of identities, before any was used.
    pub fn use_only_key(&self, place: String, text: Zeroizing<Vec<u8>>) {
        let mut sources = self.sources();
        let timeout = sources.timeout;
        *sources = IdentitySources { given: Some((place, text)), timeout, ..IdentitySources::default() };
    }

    /// Takes the identities that SOPS's variables name, before any was used: a file goes before a text.
    pub fn take_sops_key(&self) -> Option<SopsKey> {
        let mut sources = self.sources();
        let file = sources.key_file.take().map(SopsKey::File);
        file.or_else(|| sources.key.take().map(SopsKey::Text))
    }

    /// Names places where an identity was looked for in vain, before any was used.
    pub fn looked_at(&self, places: Vec<Tried>) {
        self.sources().before = places;
    }

    /// Limits how long a command that prints identities, gpg or a key service may take, before any was used.
    pub fn limit_key_commands(&self, longest: Duration) {
        self.sources().timeout = Some(longest);
    }

    fn reporter(&self) -> MutexGuard<'_, Reporter<Stderr>> {
        self.reporter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on failures are shown with their names, for programs that read logs.
    pub fn show_names(&self) {
        self.reporter().show_names();
    }

    /// Shows a warning, unless `--quiet`.
    pub fn warn(&self, warning: &Warning) {
        if !self.flags.quiet {
            // Nobody is left to hear that it failed.
            let _ = self.reporter().warning(warning);
        }
    }

    /// Shows why a command failed.
    pub fn report(&self, failure: &Failure) {
        let _ = self.reporter().failure(failure);
    }

    /// Says what was done, where that is the manner.
    pub fn say(&self, text: &str) {
        if self.flags.manner == Manner::Seal {
            self.show(text);
        }
    }

    /// Says what somebody is about to decide on, or has to know.
    pub fn show(&self, text: &str) {
        let _ = self.reporter().note(text);
    }

    /// Whose manners the program has.
    #[must_use]
    pub fn manner(&self) -> Manner {
        self.flags.manner
    }

    /// Whether `--json` asks for reports that programs read.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.flags.json
    }

    /// Whether `--quiet` asks for silence.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.flags.quiet
    }

    /// The key services.
    #[must_use]
    pub fn services(&self) -> &Services {
        self.services.get_or_init(|| {
            let longest = self.sources().timeout.unwrap_or(LONGEST);
            self.with_remote_services(self.own_services(), longest)
        })
    }

    /// Asks no key services of other processes in this run, whoever names them.
    pub fn stay_local(&self) {
        self.services.get_or_init(|| self.own_services());
    }

    /// The key services of this process, if they are wanted.
    fn own_services(&self) -> Services {
        let local = self.flags.services.local.or(self.settings.local_key_service).unwrap_or(true);
        if local { self.local_services() } else { Services::new() }
    }

    /// Adds the key services of other processes, each of which has `longest` for an answer.
    #[cfg(feature = "keyservice")]
    fn with_remote_services(&self, services: Services, longest: Duration) -> Services {
        let named = &self.flags.services.addresses;
        let addresses = if named.is_empty() { &self.settings.key_services } else { named };
        for far in addresses.iter().filter(|address| !address.is_local()) {
            self.warn(&Warning {
                headline: format!(
                    "the key service {far} is on another machine, and data keys pass unencrypted"
                ),
                place: None,
                hints: vec!["SSH encrypts the way: ssh -L 5000:127.0.0.1:5000 HOST".to_owned()],
            });
        }
        let remote = |address: &ServiceAddress| RemoteService::new(address.clone(), longest);
        addresses.iter().fold(services, |services, address| services.with(remote(address)))
    }

    /// There are no addresses in this build.
    #[cfg(not(feature = "keyservice"))]
    fn with_remote_services(&self, services: Services, _: Duration) -> Services {
        services
    }

    /// The key services of this process, for one use.
    #[must_use]
    pub fn local_services(&self) -> Services {
        let sources = std::mem::take(&mut *self.sources());
        let gpg = self.gpg(sources.timeout);
        Services::new().with(AgeService::new(sources, Arc::new(Terminal))).with(PgpService::new(gpg))
    }

    /// How the user's `gpg` is run.
    fn gpg(&self, longest: Option<Duration>) -> GpgSettings {
        let settings = &self.settings;
        GpgSettings {
            program: settings.gpg.clone().unwrap_or_else(|| PathBuf::from("gpg")),
            has_terminal: Terminal.is_there(),
            terminal: if settings.gpg_terminal.is_none() { Terminal.name() } else { None },
            hidden: &KEY_VARIABLES,
            unattended: false,
            longest,
        }
    }

    /// Key services that ask nobody and start nothing but a `gpg` that asks nobody either, for one use. Those
    /// of other processes are among them only if `remote`. Each has `longest` for an answer.
    #[must_use]
    pub fn unattended_services(&self, longest: Duration, remote: bool) -> Services {
        let mut services = Services::new();
        if self.flags.services.local.or(self.settings.local_key_service).unwrap_or(true) {
            let sources = std::mem::take(&mut *self.sources());
            let age = AgeService::new(sources, Arc::new(Nobody));
            let gpg = GpgSettings {
                program: self.settings.gpg.clone().unwrap_or_else(|| PathBuf::from("gpg")),
                has_terminal: false,
                terminal: None,
                hidden: &KEY_VARIABLES,
                unattended: true,
                longest: Some(longest),
            };
            services = services.with(Unattended(age)).with(PgpService::new(gpg));
        }
        if remote { self.with_remote_services(services, longest) } else { services }
    }

    /// The settings of the environment, without those that say where identities are.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The recipients of the environment.
    #[must_use]
    pub fn recipients(&self) -> &RecipientSettings {
        &self.settings.recipients
    }

    /// The time, to the second.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = time::OffsetDateTime::now_utc();
        Timestamp::new(now.replace_nanosecond(0).unwrap_or(now))
    }

    /// The kinds of keys to try first.
    ///
    /// # Errors
    /// A word stands twice (112).
    pub fn decryption_order(&self) -> Result<Vec<KeyKind>, Failure> {
        let text = self.flags.decryption_order.as_ref().or(self.settings.decryption_order.as_ref());
        let Some(text) = text else { return Ok(DecryptionOrder::default().kinds) };
        let order: DecryptionOrder = text.parse().map_err(|error: crate::keys::DuplicateWord| {
            Failure::new(Code::DuplicateKeyType, "the decryption order cannot be used")
                .cause(error.to_string())
        })?;
        for word in &order.unknown {
            self.warn(&Warning {
                headline: format!("`{word}` in the decryption order is no kind of key and has no effect"),
                place: None,
                hints: Vec::new(),
            });
        }
        Ok(order.kinds)
    }

    /// Whether files without the strict record are refused, by environment or configuration.
    ///
    /// # Errors
    /// The configuration cannot be used (1).
    pub fn require_strict(&self) -> Result<bool, Failure> {
        match self.settings.require_strict {
            Some(required) => Ok(required),
            None => Ok(self.config()?.is_some_and(|config| config.seal.require_strict)),
        }
    }

    /// How text in `format` is laid out where nothing tells: by `--indent`, else by the configuration.
    ///
    /// # Errors
    /// The configuration cannot be used (1).
    pub fn layout(&self, format: FormatName, indent: Option<usize>) -> Result<Layout, Failure> {
        if indent.is_some() {
            return Ok(Layout { indent });
        }
        let stores = self.config()?.map(|config| config.stores).unwrap_or_default();
        let indent = match format {
            FormatName::Yaml => stores.yaml_indent,
            FormatName::Json => stores.json_indent.and_then(|n| usize::try_from(n).ok()),
            FormatName::Binary => stores.json_binary_indent.and_then(|n| usize::try_from(n).ok()),
            FormatName::Dotenv | FormatName::Ini | FormatName::Toml => None,
        };
        Ok(Layout { indent })
    }

    /// The creation rule for a new file called `name`; `None` where there are no rules at all.
    ///
    /// # Errors
    /// The configuration cannot be used, has no rule for the file, or a broken one (1).
    pub fn creation_rule(&self, name: &str) -> Result<Option<&CreationRule>, Failure> {
        let Some(config) = self.config()? else { return Ok(None) };
        if config.creation_rules.is_none() {
            return Ok(None);
        }
        match config.rule_for(Path::new(name), &self.current_dir()?) {
            Ok(rule) => Ok(Some(rule)),
            Err(RuleError::Problem(problem)) => Err(config.failure(&problem, "nothing was encrypted")),
            Err(RuleError::NoMatch) => Err(Failure::new(
                Code::Generic,
                format!("no creation rule is for `{name}`; nothing was encrypted"),
            )
            .cause("no matching creation rules found: no `path_regex` fits the path")
            .hint("add a rule without `path_regex` at the end of creation_rules, or use --config")
            .hint("patterns see the path from the folder of .sops.yaml")),
        }
    }

    /// The creation rule of `config` for a file that exists; `None` where no rule is for it.
    ///
    /// # Errors
    /// Its rule is broken (1).
    pub fn rule_in<'c>(&self, config: &'c Config, name: &str) -> Result<Option<&'c CreationRule>, Failure> {
        match config.rule_for(Path::new(name), &self.current_dir()?) {
            Ok(rule) => Ok(Some(rule)),
            Err(RuleError::Problem(problem)) => Err(config.failure(&problem, "nothing was changed")),
            Err(RuleError::NoMatch) => Ok(None),
        }
    }

    /// The configuration whose rule was used, to look up the keys of a rule.
    ///
    /// # Errors
    /// The configuration cannot be used (1).
    pub fn config(&self) -> Result<Option<&Config>, Failure> {
        if let Some(config) = self.config.get() {
            return Ok(config.as_ref());
        }
        let config = self.load_config()?;
        Ok(self.config.get_or_init(|| config).as_ref())
    }

    /// The configuration that a flag or the environment names.
    #[must_use]
    pub fn named_config(&self) -> Option<&Path> {
        self.flags.config.as_deref().or(self.settings.config.as_deref())
    }

    fn load_config(&self) -> Result<Option<Config>, Failure> {
        let current = self.current_dir()?;
        let found = find(self.named_config(), &current);
        if let Some(path) = &found.misnamed {
            self.warn(&Warning {
                headline: format!("`{}` is not used: the configuration is called .sops.yaml", path.display()),
                place: None,
                hints: Vec::new(),
            });
        }
        let Some(path) = found.config else { return Ok(None) };
        // A path below the current folder is shown as people would write it.
        let shown = path.strip_prefix(&current).unwrap_or(&path);
        Config::load(shown, &current).map(Some).map_err(|error| Failure::from(&error))
    }

    /// Warns of everything in the configuration that does not do what it seems to, once a run.
    ///
    /// # Errors
    /// The configuration cannot be used (1).
    pub fn lint_config(&self) -> Result<(), Failure> {
        self.lint(Config::lint)
    }

    /// [`Self::lint_config`] for a command that ends the drift of written keys.
    ///
    /// # Errors
    /// The configuration cannot be used (1).
    pub fn lint_config_but_drift(&self) -> Result<(), Failure> {
        self.lint(Config::lint_but_drift)
    }

    fn lint(&self, lint: impl Fn(&Config) -> Vec<Problem>) -> Result<(), Failure> {
        // Programs that call SOPS take words on standard error for a failure.
        if self.flags.quiet || self.flags.manner == Manner::Sops {
            return Ok(());
        }
        let Some(config) = self.config()? else { return Ok(()) };
        let problems: Vec<_> =
            lint(config).into_iter().filter(|problem| problem.severity != Severity::NoKeys).collect();
        if !problems.is_empty() {
            config.warnings(&problems).iter().for_each(|warning| self.warn(warning));
        }
        Ok(())
    }

    /// The current folder.
    ///
    /// # Errors
    /// It was removed, or one above it cannot be read (1).
    pub fn current_dir(&self) -> Result<PathBuf, Failure> {
        self.settings.current_dir().map_err(|error| {
            Failure::new(Code::Generic, "cannot tell the current folder").cause(crate::io::reason(&error))
        })
    }
}
