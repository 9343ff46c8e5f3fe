//! What variables come to.

use super::*;

fn with(variables: &[(&'static str, &str)]) -> Result<Settings, SettingsError> {
    Settings::from(&|name| {
        variables.iter().find(|(other, _)| *other == name).map(|(_, value)| OsString::from(value))
    })
}

#[test]
fn empty_variables_count_as_absent() {
    let settings = with(&[("SOPS_AGE_KEY", ""), ("NO_COLOR", ""), ("SOPS_EDITOR", ""), ("EDITOR", "vi")]);
    let settings = settings.unwrap();
    assert!(settings.age.key.is_none() && !settings.no_color);
    assert_eq!(settings.editor, Some(("EDITOR", "vi".to_owned())));
}

#[test]
fn what_cannot_be_used_may_count_as_absent() {
    let variables =
        [("SEAL_REQUIRE_STRICT", "x"), ("SOPS_KEYSERVICE", "x://y"), ("CI", "false"), ("SOPS_AGE_KEY", "k")];
    assert!(with(&variables).is_err());
    let settings = Settings::usable_from(&|name| {
        variables.iter().find(|(other, _)| *other == name).map(|(_, value)| OsString::from(value))
    });
    assert_eq!((settings.require_strict, settings.git.ci), (None, false));
    assert!(settings.age.key.is_some());
}

#[test]
fn editors_have_an_order() {
    let all: Vec<(&'static str, &str)> = EDITORS.iter().map(|name| (*name, *name)).collect();
    for (index, name) in EDITORS.iter().enumerate() {
        assert_eq!(with(&all[index..]).unwrap().editor, Some((*name, (*name).to_owned())));
    }
    assert_eq!(with(&[]).unwrap().editor, None);
}

#[test]
fn state_is_kept_at_home() {
    let place = |variables: &[_]| with(variables).unwrap().state_home;
    assert_eq!(place(&[("HOME", "/h")]), Some("/h/.local/state".into()));
    assert_eq!(place(&[("HOME", "/h"), ("XDG_STATE_HOME", "/s")]), Some("/s".into()));
    assert_eq!(place(&[("HOME", "/h"), ("XDG_STATE_HOME", "s")]), Some("/h/.local/state".into()));
    assert_eq!(place(&[]), None);
}

#[test]
fn truth_values_are_those_of_go() {
    for (text, wanted) in [("1", true), ("t", true), ("TRUE", true), ("0", false), ("F", false)] {
        let settings = with(&[("SEAL_REQUIRE_STRICT", text)]).unwrap();
        assert_eq!(settings.require_strict, Some(wanted), "{text}");
    }
    let error = with(&[("SEAL_REQUIRE_STRICT", "yes")]).err();
    assert_eq!(error, Some(SettingsError::NotBoolean("SEAL_REQUIRE_STRICT")));
}

#[test]
#[cfg(feature = "keyservice")]
fn addresses_are_a_list() {
    let settings = with(&[("SOPS_KEYSERVICE", "unix:///a, tcp://[::1]:5000,")]).unwrap();
    let texts: Vec<String> = settings.key_services.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["unix:///a", "tcp://[::1]:5000"]);
    let error = with(&[("SOPS_KEYSERVICE", "unix:///a,http://b")]).err().unwrap().to_string();
    assert_eq!(
        error,
        "`SOPS_KEYSERVICE` has `http://b`: the address of a key service is tcp://HOST:PORT or unix:///PATH"
    );
}

#[test]
fn text_must_be_utf8_and_paths_need_not() {
    let bytes = || Some(OsString::from_vec(b"/\xff".to_vec()));
    let only = |wanted: &'static str| move |name| if name == wanted { bytes() } else { None };
    assert!(Settings::from(&only("SOPS_CONFIG")).unwrap().config.is_some());
    let error = Settings::from(&only("SOPS_AGE_KEY")).err();
    assert_eq!(error, Some(SettingsError::NotUtf8("SOPS_AGE_KEY")));
}

#[test]
#[cfg(not(target_os = "macos"))]
fn the_default_identity_file_is_in_the_configuration_directory() {
    let file = |variables: &[_]| with(variables).unwrap().default_identity_file();
    assert_eq!(file(&[("HOME", "/h")]), Some("/h/.config/sops/age/keys.txt".into()));
    assert_eq!(file(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")]), Some("/x/sops/age/keys.txt".into()));
    assert_eq!(file(&[]), None);
}

#[test]
fn a_false_working_dir_is_not_believed() {
    let real = std::env::current_dir().unwrap();
    let shown = |pwd: &str| with(&[("PWD", pwd)]).unwrap().current_dir().unwrap();
    assert_eq!(shown("/proc"), real);
    assert_eq!(shown("."), real);
    let roundabout = real.join("src/..");
    assert_eq!(shown(roundabout.to_str().unwrap()), roundabout);
}
