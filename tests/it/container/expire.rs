//! Secrets that end: at the start, while they are watched, and for a health check.

use super::memory::{APP, Memory, events};
use super::until;
use crate::bed::Done;
use crate::expiry::backdate;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// `app.yaml` with an end in `seconds`, which is given back.
fn ends_in(memory: &Memory, seconds: i64) -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    let end = now.replace_nanosecond(0).unwrap() + Duration::seconds(seconds);
    memory.seal_file_with("app.yaml", APP, &["--expires", &end.format(&Rfc3339).unwrap()]);
    end
}

fn wait_for(end: OffsetDateTime) {
    until("the end", || (OffsetDateTime::now_utc() >= end).then_some(()));
}

fn check(memory: &Memory) -> Done {
    memory.seal(&["mount", "--check", memory.dir()]).done()
}

#[test]
fn e1_what_has_expired_is_not_rendered() {
    let memory = Memory::new();
    backdate(&memory.bed, "app.yaml", "2021-06-30T23:59:59Z");
    let marker = memory.bed.path("started");
    let done = memory.refuses(memory.mount(&["app.yaml"]), 77, "E_EXPIRED");
    assert!(done.stderr.contains("2021-06-30T23:59:59Z"), "{done}");
    let told = events(&done.stderr).into_iter().find(|event| event["event"] == "render").unwrap();
    assert_eq!((&told["result"], &told["error"]), (&"refused".into(), &"E_EXPIRED".into()));
    for args in [
        &["app.yaml"][..],
        &["--supervise", "app.yaml"],
        &["--watch", "--on-expire", "keep", "app.yaml"],
        &["--env", "X=db.password", "app.yaml"],
        &["--fd", "X=db.password", "app.yaml"],
    ] {
        let run = memory.run(&[args, &["--", "touch", marker.to_str().unwrap()]].concat());
        memory.refuses(run, 77, "E_EXPIRED");
    }
    // One of two is enough.
    memory.seal_file("more.yaml", "token: tok-en\n");
    memory.refuses(memory.mount(&["more.yaml", "app.yaml"]), 77, "E_EXPIRED");
}

#[test]
fn e1_a_health_check_knows_the_end() {
    let memory = Memory::new();
    assert_eq!(check(&memory).code, Some(73), "nothing is there");
    let end = ends_in(&memory, 3);
    let done = memory.mount(&["app.yaml"]).done();
    assert_eq!(done.code, Some(0), "{done}");
    let done = check(&memory);
    if OffsetDateTime::now_utc() < end {
        assert_eq!(done.code, Some(0), "{done}");
    }
    wait_for(end);
    let done = check(&memory);
    assert_eq!(done.code, Some(77), "{done}");
    assert!(done.stderr.contains("error[E_EXPIRED]: "), "{done}");
    assert_eq!(memory.text("app.yaml"), APP, "a check removes nothing");
    // A set without an end is whole again.
    memory.seal_file("app.yaml", APP);
    memory.mount(&["app.yaml"]).ok();
    assert_eq!(check(&memory).code, Some(0));
    memory.seal(&["mount", "--clear", memory.dir()]).ok();
    assert_eq!(check(&memory).code, Some(73));
}

#[test]
fn e1_the_end_comes_near() {
    let memory = Memory::new();
    let end = ends_in(&memory, 15);
    let said = "warning: the secrets expire on ";
    let done = memory.mount(&["app.yaml"]).ok();
    assert!(!done.stderr.contains(said), "{done}");
    // In the last fifth of the time.
    wait_for(end - Duration::seconds(4));
    let warned = until("the warning", || {
        let done = memory.mount(&["app.yaml"]).done();
        (done.code != Some(0) || done.stderr.contains(said)).then_some(done)
    });
    assert_eq!(warned.code, Some(0), "it ended without a warning: {warned}");
}

#[test]
fn e1_each_answer_to_the_end() {
    let memory = [(); 5].map(|()| Memory::new());
    let script = "trap 'echo stopped; exit 3' TERM; echo ready; while :; do sleep 0.05; done";
    let app = ["--", "sh", "-c", script];
    // All five end together.
    let ends: Vec<_> = memory.iter().map(|memory| ends_in(memory, 4)).collect();
    let start = |at: usize, answer: &str| {
        let memory: &Memory = &memory[at];
        let watch = ["--watch=1", "--on-expire", answer, "app.yaml"];
        memory.start(if at < 3 { memory.mount(&watch) } else { memory.run(&[&watch[..], &app].concat()) })
    };
    let mut keep = start(0, "keep");
    let mut clear = start(1, "clear");
    let exit = start(2, "exit");
    let (mut clear_app, exit_app) = (start(3, "clear"), start(4, "exit"));
    for background in [&keep, &clear, &exit, &clear_app, &exit_app] {
        background.tells("render", 1);
    }
    for background in [&clear_app, &exit_app] {
        background.prints("ready", 1);
    }
    assert!(OffsetDateTime::now_utc() < ends[0], "the machine was too slow to render in time");
    let told = keep.tells("expire", 1);
    assert!(OffsetDateTime::now_utc() >= ends[0] && told["until"].is_string(), "{told}");
    assert!(keep.lives());
    assert_eq!(memory[0].text("app.yaml"), APP);
    assert_eq!(check(&memory[0]).code, Some(77));

    clear.tells("expire", 1);
    until("the secrets are cleared", || memory[1].names().is_empty().then_some(()));
    assert!(clear.lives());
    // New secrets are rendered when they come.
    memory[1].seal_file("app.yaml", APP);
    clear.tells("change", 1);
    assert_eq!(memory[1].text("app.yaml"), APP);
    assert_eq!(check(&memory[1]).code, Some(0));

    let (code, stderr) = exit.end();
    assert_eq!(code, 77, "{stderr}");
    assert_eq!(events(&stderr).last().unwrap()["code"], 77, "{stderr}");

    clear_app.tells("expire", 1);
    until("the secrets are cleared", || memory[3].names().is_empty().then_some(()));
    assert!(clear_app.lives());
    assert_eq!(clear_app.stop().0, 3);

    exit_app.tells("expire", 1);
    exit_app.prints("stopped", 1);
    let (code, stderr) = exit_app.end();
    assert_eq!(code, 77, "{stderr}");
    assert!(memory[4].names().is_empty());
    assert_eq!(keep.stop().0, 0);
    assert_eq!(clear.stop().0, 0);
}
