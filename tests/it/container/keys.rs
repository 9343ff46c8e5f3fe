//! Where the key is seen, and by whom.

use super::engine::Engine;
use super::images::app_image;
use super::{APP, key, key_file, recipe, secret_line};
use std::fs;

const HOLD: &str = "trap 'exit 0' TERM; echo ready; while :; do sleep 0.1; done";

fn children(pid: u32) -> Vec<u32> {
    let all =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    let parent = format!("\nPPid:\t{pid}\n");
    all.filter(|pid: &u32| {
        fs::read_to_string(format!("/proc/{pid}/status")).is_ok_and(|status| status.contains(&parent))
    })
    .collect()
}

#[test]
fn k2_key_by_environment() {
    let Some(engine) = Engine::new() else { return };
    let image = app_image(&engine, HOLD);
    let secret = secret_line();
    for supervise in ["false", "true"] {
        for variable in ["SEAL_KEY", "SOPS_AGE_KEY"] {
            let given = format!("{variable}={secret}");
            let twin = format!("SEAL_SUPERVISE={supervise}");
            let options =
                ["--tmpfs", "/run/secrets:mode=0700,uid=65532,gid=65532,size=1m", "-e", &given, "-e", &twin];
            let container = engine.start(&options, &image, &[]);
            let logs = container.says("ready");
            assert!(logs.contains("warning"), "the last resort is warned of: {logs}");
            assert!(!logs.contains("AGE-SECRET-KEY-"), "{logs}");
            // Where no program can help it.
            assert!(container.docker(&["inspect"]).ok().text().contains(&secret));
            assert!(container.exec(&[], &["/busybox", "env"]).ok().text().contains(&secret));
            // What is in the container: the first process, and its child if it has one.
            let pid = container.pid();
            let mut seen = vec![pid];
            seen.extend(children(pid));
            for pid in seen {
                let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else { continue };
                let environment = String::from_utf8_lossy(&environment);
                assert!(
                    !environment.contains("AGE-SECRET-KEY-"),
                    "{variable}, supervise {supervise}: {environment}"
                );
            }
            let first = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
            assert_eq!(first.starts_with("/seal"), supervise == "true", "{first:?}");
            container.docker(&["stop"]).ok();
        }
    }
}

#[test]
fn k3_root_drops_to_a_user_who_reads_and_cannot_change() {
    let Some(engine) = Engine::new() else { return };
    let image = app_image(
        &engine,
        "echo pid $$ uid $(id -u) groups $(id -G)
        grep Cap /proc/self/status
        cd /run/secrets
        stat -c '%n %a %u:%g' . ..data/. ..data/app.yaml
        for change in 'cat /run/seal.key' 'touch x' 'rm app.yaml' 'rm ..data/app.yaml' 'mv app.yaml y' 'mv ..data z' \\
            'chmod 600 app.yaml' 'chmod 700 ..data/' 'ln -sf /x ..data_tmp' 'dd if=/dev/zero of=app.yaml' 'rm -r ..data/'; do
            $change 2> /dev/null && echo \"CHANGED: $change\"
        done
        echo document; cat app.yaml",
    );
    let key = key_file(&engine.bed, "app.key", 0);
    let changes = [("/srv/keys/app.key", key.to_str().unwrap()), ("\n  app\n", &format!("\n  {image}\n"))];
    engine.bed.write("run.sh", recipe("docker-run/run-key-hidden.sh", &changes));
    let done = engine.tool("sh", &["run.sh"]).ok();
    let text = done.text();
    let (seen, document) = text.split_once("document\n").unwrap();
    assert_eq!(document, APP, "{done}");
    assert!(!seen.contains("CHANGED"), "{done}");
    for line in [
        "pid 1 uid 65532 groups 65532",
        "CapPrm:\t0000000000000000",
        "CapEff:\t0000000000000000",
        ". 750 0:65532",
        "..data/. 550 0:65532",
        "..data/app.yaml 440 0:65532",
    ] {
        assert!(seen.lines().any(|seen| seen == line), "{line}: {done}");
    }
    assert!(!done.stderr.contains("its own key"), "it cannot: {done}");
}

#[test]
fn k4_key_by_standard_input() {
    let Some(engine) = Engine::new() else { return };
    let image =
        app_image(&engine, "cat | wc -c; ls -l /proc/self/fd/3 2>/dev/null; cat /run/secrets/app.yaml");
    let options = [
        "--interactive",
        "--tmpfs",
        "/run/secrets:mode=0700,uid=65532,gid=65532,size=1m",
        "-e",
        "SEAL_KEY_FD=0",
    ];
    let done = engine.run(&options, &image, &[]).stdin(key()).ok();
    assert_eq!(done.text(), format!("0\n{APP}"), "{done}");
    let done = engine.run(&options, &image, &[]).done();
    assert_eq!(done.code, Some(128), "{done}");
    assert!(done.stderr.contains("error[E_NO_KEY]"), "{done}");
}
