//! The arguments of `seal git install` and `seal git uninstall`.

use crate::commands::Context;
use crate::commands::git::install::{self, Request};
use crate::commands::git::{Attributes, HookName, Show, uninstall};
use crate::error::Failure;
use clap::{Args, ValueEnum};

/// `seal git install`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seal git install
  seal git install --hooks=pre-commit,pre-merge-commit,pre-push --guard
  seal git install --global --pattern '*.enc.yaml'")]
pub struct InstallArgs {
    /// For this repository, which is the usual
    #[arg(long, conflicts_with = "global")]
    pub local: bool,
    /// For all your repositories; needs --pattern
    #[arg(long)]
    pub global: bool,
    /// Files, as in .gitattributes [default: those of the rules]
    #[arg(long, value_name = "GLOB")]
    pub pattern: Vec<String>,
    /// Where attributes go: tracked, info or none
    #[arg(long, value_name = "PLACE", hide_possible_values = true)]
    pub attributes: Option<PlaceName>,
    /// pre-commit, pre-merge-commit, pre-push, pre-receive, or none
    #[arg(long, value_name = "LIST", value_parser = hooks)]
    pub hooks: Option<Hooks>,
    /// Let Git refuse to stage plain text of these files
    #[arg(long)]
    pub guard: bool,
    /// What diffs show: auto (plain in a pager), plain or structure
    #[arg(long, value_name = "HOW", hide_possible_values = true, hide_default_value = true)]
    #[arg(default_value = "auto")]
    pub show: ShowName,
    /// Let diffs and merges ask key services on the network
    #[arg(long)]
    pub remote_keys: bool,
    /// In submodules, too
    #[arg(long)]
    pub recurse_submodules: bool,
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// Replace settings of others
    #[arg(long)]
    pub force: bool,
}

/// The places of `--attributes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlaceName {
    /// `.gitattributes`
    Tracked,
    /// The folder of Git
    Info,
    /// Nowhere
    None,
}

/// The words of `--show`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShowName {
    /// Plain in a pager
    Auto,
    /// Always plain
    Plain,
    /// Never plain
    Structure,
}

/// A list of hooks.
#[derive(Debug, Clone)]
pub struct Hooks(pub Vec<HookName>);

fn hooks(text: &str) -> Result<Hooks, String> {
    if text == "none" {
        return Ok(Hooks(Vec::new()));
    }
    let mut found = Vec::new();
    for word in text.split(',').map(str::trim) {
        let hook = HookName::ALL.into_iter().find(|hook| hook.name() == word);
        let known = HookName::ALL.map(HookName::name).join(", ");
        let hook = hook.ok_or_else(|| format!("`{word}` is none of {known}"))?;
        if !found.contains(&hook) {
            found.push(hook);
        }
    }
    Ok(Hooks(found))
}

impl InstallArgs {
    /// Sets up Git.
    ///
    /// # Errors
    /// See [`install::run`].
    pub fn run(self, context: &Context) -> Result<u8, Failure> {
        let request = Request {
            global: self.global,
            patterns: self.pattern,
            attributes: self.attributes.map(|place| match place {
                PlaceName::Tracked => Attributes::Tracked,
                PlaceName::Info => Attributes::Info,
                PlaceName::None => Attributes::Nowhere,
            }),
            hooks: self.hooks.map(|hooks| hooks.0),
            guard: self.guard,
            show: match self.show {
                ShowName::Auto => Show::Auto,
                ShowName::Plain => Show::Plain,
                ShowName::Structure => Show::Structure,
            },
            remote_keys: self.remote_keys,
            recurse: self.recurse_submodules,
            dry_run: self.dry_run,
            force: self.force,
        };
        install::run(context, &request).map(|()| 0)
    }
}

/// `seal git uninstall`
#[derive(Debug, Args)]
pub struct UninstallArgs {
    /// In this repository, which is the usual
    #[arg(long, conflicts_with = "global")]
    pub local: bool,
    /// What was installed with --global
    #[arg(long)]
    pub global: bool,
    /// Delete texts that Git keeps for diffs, too
    #[arg(long)]
    pub purge_cache: bool,
    /// In submodules, too
    #[arg(long)]
    pub recurse_submodules: bool,
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
}

impl UninstallArgs {
    /// Undoes the set-up.
    ///
    /// # Errors
    /// See [`uninstall::run`].
    pub fn run(self, context: &Context) -> Result<u8, Failure> {
        let request = uninstall::Request {
            global: self.global,
            purge: self.purge_cache,
            recurse: self.recurse_submodules,
            dry_run: self.dry_run,
        };
        uninstall::run(context, &request).map(|()| 0)
    }
}
