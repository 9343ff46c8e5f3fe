//! The environment of the app: ours, without what was meant for `seal`, with what was asked for.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// A variable: name and value.
pub type Variable = (OsString, OsString);

/// A variable that no environment can hold.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvironError {
    /// Its name is empty, or has `=` or a NUL byte in it.
    #[error("`{0}` is no name of a variable")]
    Name(String),
    /// Its value has a NUL byte in it.
    #[error("the value for the variable `{0}` holds a NUL byte")]
    Nul(String),
}

/// `ours` in its order and with all its bytes, without the variables named in `keys` and `own`, and with
/// `added` at the end. An added variable takes the place of one of ours, and is never left out.
///
/// # Errors
/// An added variable cannot stand in an environment.
pub fn of_app(
    ours: Vec<Variable>,
    keys: &[&str],
    own: &[&str],
    added: Vec<Variable>,
) -> Result<Vec<Variable>, EnvironError> {
    for (name, value) in &added {
        check(name, value)?;
    }
    let gone = |name: &OsStr| keys.iter().chain(own).any(|other| name == OsStr::new(other));
    let replaced = |name: &OsStr| added.iter().any(|(other, _)| name == other);
    let mut environment: Vec<Variable> =
        ours.into_iter().filter(|(name, _)| !gone(name) && !replaced(name)).collect();
    environment.extend(added);
    Ok(environment)
}

fn check(name: &OsStr, value: &OsStr) -> Result<(), EnvironError> {
    let shown = || name.to_string_lossy().into_owned();
    if name.is_empty() || name.as_bytes().iter().any(|byte| matches!(byte, b'=' | 0)) {
        return Err(EnvironError::Name(shown()));
    }
    if value.as_bytes().contains(&0) {
        return Err(EnvironError::Nul(shown()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{EnvironError, Variable, of_app};
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    fn variables(texts: &[(&str, &str)]) -> Vec<Variable> {
        texts.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    #[test]
    fn the_rest_stays_as_it_was() {
        let raw = OsString::from_vec(vec![b'x', 0xff, b'=', b'\n']);
        let mut ours =
            variables(&[("Z", "1"), ("SEAL_KEY", "k"), ("A", ""), ("SEAL_INTO", "/x"), ("Z", "2")]);
        ours.push(("RAW".into(), raw.clone()));
        ours.extend(variables(&[("SEAL_PORT", "80"), ("seal_key", "other")]));
        let app = of_app(ours, &["SEAL_KEY", "SOPS_AGE_KEY"], &["SEAL_INTO"], Vec::new()).unwrap();
        let mut expected = variables(&[("Z", "1"), ("A", ""), ("Z", "2")]);
        expected.push(("RAW".into(), raw));
        expected.extend(variables(&[("SEAL_PORT", "80"), ("seal_key", "other")]));
        assert_eq!(app, expected);
    }

    #[test]
    fn what_is_added_wins() {
        let ours = variables(&[("A", "old"), ("B", "2"), ("A", "older"), ("SEAL_KEY", "k")]);
        let added = variables(&[("A", "new"), ("SEAL_KEY", "asked for")]);
        let app = of_app(ours, &["SEAL_KEY"], &[], added).unwrap();
        assert_eq!(app, variables(&[("B", "2"), ("A", "new"), ("SEAL_KEY", "asked for")]));
    }

    #[test]
    fn what_no_environment_holds_is_refused() {
        let add = |name: &str, value: &str| of_app(Vec::new(), &[], &[], variables(&[(name, value)]));
        assert_eq!(add("", "x"), Err(EnvironError::Name(String::new())));
        assert_eq!(add("A=B", "x"), Err(EnvironError::Name("A=B".into())));
        assert_eq!(add("A\0", "x"), Err(EnvironError::Name("A\0".into())));
        let error = add("A", "hunter\x002").unwrap_err();
        assert_eq!(error, EnvironError::Nul("A".into()));
        assert!(!error.to_string().contains("hunter"));
    }
}
