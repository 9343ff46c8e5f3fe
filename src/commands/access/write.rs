//! `seal access --write`: the keys of grants, written into the creation rules, where SOPS reads them.

use crate::commands::context::Context;
use crate::commands::input::Input;
use crate::commands::output::Output;
use crate::error::{Code, Failure};
use crate::io::Mode;
use crate::keys::MasterKey;
use crate::policy::Config;
use serde_json::json;

/// Writes the keys and says what changed.
///
/// # Errors
/// There is no configuration, a grant in it cannot be resolved, or it cannot be changed by program (1);
/// it cannot be written (3). Then it is unchanged.
pub fn run(context: &Context) -> Result<(), Failure> {
    context.lint_config_but_drift()?;
    let config = context.config()?.ok_or_else(|| {
        Failure::new(Code::Generic, "there is no .sops.yaml to write keys to")
            .hint("docs/policy.md shows one with recipients, roles and grants")
    })?;
    for rule in config.creation_rules.iter().flatten() {
        if let Some(Err(problem)) = config.granted(rule) {
            return Err(config.failure(&problem, "nothing was written"));
        }
    }
    let changed = config.write_granted_keys().map_err(|error| Failure::from(&error))?;
    if changed.text() != config.text() {
        changed.save().map_err(|error| {
            let headline = format!("cannot write `{}`; it is unchanged", config.name());
            Failure::new(Code::CannotWriteOutput, headline).cause(error.to_string())
        })?;
    }
    if context.is_json() {
        let text = format!("{:#}\n", data(config, &changed));
        return Output::Stdout.write(&Input::nothing(), text.as_bytes(), Mode::Private);
    }
    tell(context, config, &changed);
    Ok(())
}

fn names(config: &Config, keys: &[MasterKey]) -> Vec<String> {
    keys.iter().map(|key| config.shown(key)).collect()
}

fn data(config: &Config, changed: &Config) -> serde_json::Value {
    let rules: Vec<_> = config
        .drift()
        .iter()
        .map(|drift| {
            json!({
                "rule": drift.rule + 1,
                "path_regex": drift.path_regex,
                "added": names(config, &drift.missing),
                "removed": names(config, &drift.extra),
            })
        })
        .collect();
    json!({ "file": config.name(), "changed": changed.text() != config.text(), "rules": rules })
}

fn tell(context: &Context, config: &Config, changed: &Config) {
    let drift = config.drift();
    for drift in &drift {
        let part = |what: &str, keys: &[MasterKey]| {
            (!keys.is_empty()).then(|| format!("{what} {}", names(config, keys).join(", ")))
        };
        let parts = [part("added", &drift.missing), part("removed", &drift.extra)];
        let parts = parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
        let pattern = if drift.path_regex.is_empty() { "all files" } else { &drift.path_regex };
        context.say(&format!("creation rule {} ({pattern}): {parts}", drift.rule + 1));
    }
    match (changed.text() != config.text(), drift.is_empty()) {
        (false, _) => context.say(&format!("`{}` has the keys of all its grants", config.name())),
        (true, true) => {
            context.say(&format!("`{}`: the marks of rules by grants are written", config.name()))
        }
        (true, false) => {
            context.say("files have their old readers until you run: seal updatekeys .");
        }
    }
}
