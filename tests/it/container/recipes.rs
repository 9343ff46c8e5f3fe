//! The files of docs/recipes: compared with published schemas, and run as far as an engine goes.

use super::engine::Engine;
use super::images::app_image;
use super::runc::Bundle;
use super::{APP, MARK, key_file, recipe, sealed};
use crate::bed::Bed;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;

#[test]
fn the_guide_speaks_of_what_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_to_string(root.join("docs/containers.md")).unwrap();
    let words = |start: &str, of: fn(char) -> bool| -> Vec<String> {
        let found = guide.match_indices(start).map(|(at, _)| guide[at..].split(|c| !of(c)).next().unwrap());
        found.map(str::to_owned).collect()
    };
    let bed = Bed::new();
    let help: String =
        ["run", "mount", "publish"].map(|verb| bed.seal(&[verb, "--help"]).ok().text()).concat();
    // Flags of Docker are on lines of their own, or said to be.
    let docker = ["--mount", "--read-only", "--user", "--tmpfs", "--init", "--from"];
    for flag in words("--", |c| c == '-' || c.is_ascii_lowercase()) {
        let known = flag.len() < 4 || help.contains(&flag) || docker.contains(&flag.as_str());
        assert!(known, "{flag} is no flag");
    }
    let source = bed.run("grep", &["-rhoE", "\"E_[A-Z_]+\"", root.join("src").to_str().unwrap()]).ok().text();
    for name in words("`E_", |c| "`_".contains(c) || c.is_ascii_uppercase()) {
        assert!(source.contains(&name.replace('`', "\"")), "{name} is no error");
    }
    for link in words("recipes/", |c| c.is_ascii_alphanumeric() || "/.-".contains(c)) {
        assert!(root.join("docs").join(&link).exists(), "there is no {link}");
    }
    let title = |line: &str| line.trim_start_matches(['#', ' ']).to_lowercase().replace(' ', "-");
    let titles: Vec<_> = guide.lines().filter(|line| line.starts_with('#')).map(title).collect();
    for link in words("(#", |c| c == '(' || c == '#' || c == '-' || c.is_ascii_lowercase()) {
        assert!(titles.contains(&link[2..].to_owned()), "there is no {link}");
    }
}

#[test]
fn manifests_fit_the_schemas_of_kubernetes() {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers/kubernetes");
    assert!(peers.is_dir(), "no {}: run testdata/get-schemas.sh first", peers.display());
    let bed = Bed::new();
    let check = |name: &str, text: &str| {
        bed.write(name, text);
        let line = ["-m", "kubernetes_validate", "--strict", name];
        bed.run("python3", &line).env("PYTHONPATH", &peers).env("PYTHONDONTWRITEBYTECODE", "1").done()
    };
    for name in ["init.yaml", "sidecar.yaml"] {
        let done = check(name, &recipe(&format!("kubernetes/{name}"), &[]));
        assert_eq!(done.code, Some(0), "{done}");
        let wrong = recipe(&format!("kubernetes/{name}"), &[("volumeMounts:", "volumeMount:")]);
        assert_ne!(check(name, &wrong).code, Some(0), "a wrong one is found");
    }
}

#[test]
fn the_unit_is_one_that_systemd_takes() {
    let bed = Bed::new();
    let system = Path::new("/usr/lib/systemd/system");
    let units = bed.path("root/usr/lib/systemd/system");
    fs::create_dir_all(&units).unwrap();
    fs::create_dir_all(bed.path("root/usr/bin")).unwrap();
    for entry in fs::read_dir(system).expect("the tests need systemd: apt-get install systemd") {
        let path = entry.unwrap().path();
        let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
        if path.is_file() && ["target", "slice", "socket", "mount", "service"].contains(&kind) {
            fs::copy(&path, units.join(path.file_name().unwrap())).unwrap();
        }
    }
    fs::copy("/bin/true", bed.path("root/usr/bin/seal")).unwrap();
    let root = format!("--root={}", bed.path("root").display());
    let verify = |text: &str| {
        bed.write("root/usr/lib/systemd/system/app.service", text);
        bed.run("systemd-analyze", &[&root, "verify", "app.service"]).done()
    };
    let done = verify(&recipe("systemd/app.service", &[]));
    assert!(done.code == Some(0) && done.stderr.is_empty(), "{done}");
    let done = verify(&recipe("systemd/app.service", &[("LoadCredential", "LoadCredentials")]));
    assert!(!done.stderr.is_empty(), "a wrong one is found: {done}");
}

/// What follows `key=` on a line of the unit.
fn line<'t>(unit: &'t str, key: &str) -> &'t str {
    unit.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap()
}

#[test]
fn the_unit_runs_with_the_folders_that_systemd_makes() {
    let Some(bundle) = Bundle::new() else { return };
    let unit = recipe("systemd/app.service", &[]);
    assert_eq!(line(&unit, "RuntimeDirectory"), "app");
    assert!(line(&unit, "LoadCredentialEncrypted").starts_with("seal.key:"));
    let mode = line(&unit, "RuntimeDirectoryMode");
    let words: Vec<_> = line(&unit, "ExecStart").split(' ').collect();
    let split = words.iter().position(|word| *word == "--").unwrap();
    assert_eq!(words[split..], ["--", "/usr/bin/app"]);
    let mut args = vec!["/seal"];
    args.extend(&words[1..=split]);
    args.extend([
        "/busybox",
        "sh",
        "-c",
        "stat -c '%a %u' /run/app /run/app/..data/app.yaml; cat /run/app/app.yaml",
    ]);
    let document = sealed(&bundle.bed, "app.enc.yaml", APP);
    key_file(&bundle.bed, "seal.key", 998);
    let [credentials, run] = ["credentials", "run"].map(|name| bundle.bed.path("bundle").join(name));
    let bundle = bundle
        .args(&args)
        .user(998, 998)
        .file("/etc/app/app.enc.yaml", &document, (0, 0), 0o644)
        .prepare(&format!(
            "mkdir credentials run
            mount -t ramfs -o mode=0700 ramfs credentials
            cp --preserve ../seal.key credentials
            chown 998 credentials
            mount -t tmpfs -o mode=0755 tmpfs run
            mkdir --mode {mode} run/app
            chown 998:998 run/app"
        ))
        .bind(&run, "/run", "rw")
        .bind(&credentials, "/credentials", "ro")
        .env("CREDENTIALS_DIRECTORY", "/credentials");
    let done = bundle.run().ok();
    assert!(done.text().starts_with("700 998\n400 998\n"), "{done}");
    assert!(done.text().ends_with(APP), "{done}");
}

/// The manifest's container of that name: its arguments and mounts, as a kubelet makes them.
fn pod(bundle: Bundle, manifest: &str, probe: bool) -> (Bundle, Vec<String>) {
    let manifest: Value = serde_yaml::from_str(manifest).unwrap();
    let pod = &manifest["spec"]["template"]["spec"];
    let container = &pod["initContainers"][0];
    let user = |key: &str| u32::try_from(container["securityContext"][key].as_u64().unwrap()).unwrap();
    let words = |value: &Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    let mut args = vec!["/seal".to_owned()];
    args.extend(words(&container["args"]));
    let group = pod["securityContext"]["fsGroup"].as_u64().unwrap();
    assert_eq!(pod["volumes"][0]["emptyDir"]["medium"], "Memory");
    let document = sealed(&bundle.bed, "app.enc.yaml", APP);
    let (key, map) = (bundle.bed.path("key"), bundle.bed.path("map"));
    fs::create_dir(&key).unwrap();
    fs::create_dir_all(map.join("..2026_01")).unwrap();
    key_file(&bundle.bed, "key/seal.key", 0);
    // With fsGroup the kubelet lets the group read its files, and write in an emptyDir.
    chown(key.join("seal.key"), Some(0), Some(u32::try_from(group).unwrap())).unwrap();
    fs::set_permissions(key.join("seal.key"), fs::Permissions::from_mode(0o440)).unwrap();
    fs::write(map.join("..2026_01/app.enc.yaml"), document).unwrap();
    symlink("..2026_01", map.join("..data")).unwrap();
    symlink("..data/app.enc.yaml", map.join("app.enc.yaml")).unwrap();
    let bundle = bundle
        .user(user("runAsUser"), user("runAsGroup"))
        .capabilities(&[])
        .no_new_privileges()
        .read_only()
        .mount_tmpfs("/run/secrets/app", &format!("mode=2777,uid=0,gid={group},size=1m"))
        .bind(&key, "/key", "ro")
        .bind(&map, "/etc/seal", "ro");
    let probe = if probe { words(&container["startupProbe"]["exec"]["command"]) } else { Vec::new() };
    (bundle.args(&args.iter().map(String::as_str).collect::<Vec<_>>()), probe)
}

#[test]
fn the_init_container_renders_as_a_kubelet_starts_it() {
    let Some(bundle) = Bundle::new() else { return };
    let (bundle, _) = pod(bundle, &recipe("kubernetes/init.yaml", &[]), false);
    let done = bundle.run().ok();
    // What a kubelet makes is open to the group, and no mistake of anybody.
    assert!(done.stderr.contains("warning"), "{done}");
    assert!(!done.stderr.contains(MARK), "{done}");
}

#[test]
fn the_sidecar_renders_as_a_kubelet_starts_it_and_says_when() {
    let Some(bundle) = Bundle::new() else { return };
    let (bundle, probe) = pod(bundle, &recipe("kubernetes/sidecar.yaml", &[]), true);
    let probe: Vec<_> = probe.iter().map(String::as_str).collect();
    let mut running = bundle.start(std::process::Stdio::null());
    super::until("the probe", || (running.exec(&probe).done().code == Some(0)).then_some(()));
    let file = running.path("/run/secrets/app/app.yaml");
    assert_eq!(fs::read_to_string(&file).unwrap(), APP);
    let meta = fs::metadata(&file).unwrap();
    assert_eq!((meta.mode() & 0o7777, meta.gid()), (0o440, 1000), "the app's group reads");
    running.signal("TERM");
    assert_eq!(running.wait(), 0, "{}", running.stderr());
}

#[test]
fn compose_with_seal_as_entrypoint() {
    let Some(engine) = Engine::new() else { return };
    let image = app_image(&engine, "stat -c '%a %u' /run/secrets/..data/app.yaml; cat /run/secrets/app.yaml");
    let key = key_file(&engine.bed, "app.key", 65532);
    let changes =
        [("image: app", format!("image: {image}")), ("/srv/keys/app.key", key.display().to_string())];
    let changes: Vec<_> = changes.iter().map(|(from, to)| (*from, to.as_str())).collect();
    engine.bed.write("compose.yaml", recipe("compose-entrypoint/compose.yaml", &changes));
    let project = engine.name("compose");
    let compose = |line: &[&str]| {
        engine.tool("docker-compose", &[&["-p", &project, "-f", "compose.yaml"], line].concat())
    };
    let done = compose(&["run", "--rm", "-T", "app"]).done();
    compose(&["down", "--volumes"]).ok();
    assert_eq!(done.code, Some(0), "{done}");
    assert_eq!(done.text(), format!("400 65532\n{APP}"), "{done}");
}
