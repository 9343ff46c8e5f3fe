//! The container behaves as if the program had not been there: signals, exit codes, terminals, restarts.

use super::engine::Engine;
use super::images::app_image;
use super::{key_file, until};
use std::fs;
use std::time::{Duration, Instant};

/// Options for the image of `app_image`, with a key and a folder in memory.
fn options(engine: &Engine) -> Vec<String> {
    let key = key_file(&engine.bed, "app.key", 65532);
    let bind = format!("{}:/run/seal.key:ro", key.display());
    let tmpfs = "/run/secrets:mode=0700,uid=65532,gid=65532,size=1m";
    ["--tmpfs", tmpfs, "-v", &bind, "-e", "SEAL_KEY_FILE=/run/seal.key"].map(str::to_owned).to_vec()
}

#[test]
fn p2_docker_stop_reaches_the_app() {
    let Some(engine) = Engine::new() else { return };
    let image = app_image(&engine, "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done");
    let common = options(&engine);
    for more in
        [&[][..], &["--init"], &["-e", "SEAL_SUPERVISE=true"], &["--init", "-e", "SEAL_SUPERVISE=true"]]
    {
        let all: Vec<_> = common.iter().map(String::as_str).chain(more.iter().copied()).collect();
        let container = engine.start(&all, &image, &[]);
        container.says("ready");
        let start = Instant::now();
        container.docker(&["stop", "--time", "10"]).ok();
        let took = start.elapsed();
        assert_eq!(container.inspect("{{.State.ExitCode}}"), "7", "{more:?}: {}", container.logs());
        // A signal that does not arrive takes the 10 seconds until the engine kills.
        assert!(took < Duration::from_secs(5), "{more:?}: {took:?}");
    }
}

/// Counts interrupts, and ends some time after the first.
const COUNT: &str = "\
n=0 i=0
trap 'n=$((n+1)); echo \"INT $n\"' INT
trap 'echo \"WINCH $(stty size)\"' WINCH
echo ready
while [ $i -lt 10 ]; do [ $n -gt 0 ] && i=$((i+1)); sleep 0.1; done
echo \"in all $n\"
exit 5
";

#[test]
fn p4_one_ctrl_c_is_one_interrupt() {
    let Some(engine) = Engine::new() else { return };
    let image = app_image(&engine, COUNT);
    let common = options(&engine);
    for more in [&[][..], &["-e", "SEAL_SUPERVISE=true"], &["--init", "-e", "SEAL_SUPERVISE=true"]] {
        let all: Vec<_> = common.iter().map(String::as_str).chain(more.iter().copied()).collect();
        let done = engine.run_typed(&["=ready", ">\\x03", "=INT 1", "=in all"], &all, &image, &[]).done();
        assert_eq!(done.code, Some(5), "{more:?}: {done}");
        assert!(done.text().contains("in all 1"), "{more:?}: {done}");
    }
}

#[test]
fn p4_ctrl_z_and_resize_under_supervise() {
    let Some(engine) = Engine::new() else { return };
    let image = app_image(&engine, COUNT);
    let common = options(&engine);
    let all: Vec<_> = common.iter().map(String::as_str).chain(["-e", "SEAL_SUPERVISE=true"]).collect();
    // Nobody could let it go on after Ctrl-Z: it goes on by itself, and still hears the terminal.
    let steps = ["=ready", ">\\x1a", "#30 100", "=WINCH 30 100", ">\\x03", "=INT 1", "=in all 1"];
    let done = engine.run_typed(&steps, &all, &image, &[]).done();
    assert_eq!(done.code, Some(5), "{done}");
}

#[test]
fn p6_each_start_has_a_fresh_and_complete_set() {
    let Some(engine) = Engine::new() else { return };
    let image = app_image(
        &engine,
        "echo \"start $(readlink /run/secrets/..data) $(ls -A /run/secrets | wc -l) $(wc -c < /run/secrets/app.yaml)\"
        while :; do sleep 0.05; done",
    );
    let size = super::APP.len();
    let common = options(&engine);
    let all: Vec<_> = common.iter().map(String::as_str).chain(["--restart", "on-failure:5"]).collect();
    let container = engine.start(&all, &image, &[]);
    let starts = |count: usize| {
        until("the next start", || {
            let logs = container.logs();
            let lines: Vec<_> =
                logs.lines().filter(|line| line.starts_with("start ")).map(str::to_owned).collect();
            (lines.len() >= count).then_some(lines)
        })
    };
    starts(1);
    container.docker(&["restart", "--time", "0"]).ok();
    starts(2);
    // Killed from outside, it is started again by the engine.
    for count in 3..=4 {
        let pid = container.pid();
        engine.bed.run("kill", &["-9", &pid.to_string()]).ok();
        starts(count);
    }
    let starts = starts(4);
    let mut generations: Vec<_> = starts.iter().map(|line| line.split(' ').nth(1).unwrap()).collect();
    for line in &starts {
        assert!(line.ends_with(&format!(" 3 {size}")), "a link, a set, a name: {starts:?}");
    }
    generations.dedup();
    assert_eq!(generations.len(), 4, "{starts:?}");
    assert_eq!(fs::read_to_string(container.path("/run/secrets/app.yaml")).unwrap(), super::APP);
}
