//! Values in swap space. Needs a machine that may swap for a moment, and so runs only if asked to.

use super::engine::Engine;
use super::{APP, MARK, key_file, sealed};
use std::fs;
use std::io::Write as _;

/// Makes the container forget what it did not use lately.
const PRESS: &str = "dd if=/dev/urandom of=/fill/x bs=1M count=60 2> /dev/null; echo pressed; sleep 1; cat /fill/x > /dev/null";

/// A file to swap to, for as long as this lives.
struct Swap<'e>(&'e Engine, &'e str);

impl<'e> Swap<'e> {
    fn on(engine: &'e Engine, path: &'e str) -> Self {
        engine.bed.run("swapon", &[path]).ok();
        Self(engine, path)
    }
}

impl Drop for Swap<'_> {
    fn drop(&mut self) {
        let _ = self.0.bed.run("swapoff", &[self.1]).done();
    }
}

#[test]
fn l2_values_reach_swap_space_unless_the_folder_is_noswap() {
    if std::env::var_os("SEAL_TEST_SWAP").is_none_or(|value| value != "1") {
        let _ = writeln!(
            std::io::stderr(),
            "\nl2_values_reach_swap_space…: LEFT OUT, runs with SEAL_TEST_SWAP=1 only"
        );
        return;
    }
    let Some(engine) = Engine::new() else { return };
    let swap = engine.bed.path("swap");
    let path = swap.to_str().unwrap();
    fs::write(&swap, vec![0; 128 << 20]).unwrap();
    fs::set_permissions(&swap, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    engine.bed.run("mkswap", &[path]).ok();
    let sealed = sealed(&engine.bed, "app.enc.yaml", APP);
    let image = engine.image(&[("/etc/seal/app.enc.yaml", 0o644, &sealed)], &[]);
    let key = format!("{}:/key:ro", key_file(&engine.bed, "key", 0).display());
    let found = |options: &str| {
        let _on = Swap::on(&engine, path);
        let volume = engine.volume(&[
            "--opt",
            "type=tmpfs",
            "--opt",
            "device=tmpfs",
            "--opt",
            &format!("o={options}"),
        ]);
        let mount = format!("{volume}:/run/secrets");
        let limits = ["--memory", "24m", "--memory-swap", "200m", "--tmpfs", "/fill:size=100m"];
        let all = [&limits[..], &["-v", &mount, "-v", &key]].concat();
        let line = [
            "/seal",
            "run",
            "--key-file",
            "/key",
            "/etc/seal/app.enc.yaml",
            "--",
            "/busybox",
            "sh",
            "-c",
            PRESS,
        ];
        let done = engine.run(&all, &image, &line).done();
        engine.bed.run("sync", &[] as &[&str]).ok();
        // Swapping goes past the cache of the file, and so must the look.
        let look = format!("dd if='{path}' iflag=direct bs=1M status=none | grep --text --count {MARK}");
        let grep = engine.bed.run("sh", &["-c", &look]).done();
        assert_eq!(done.code, Some(0), "{done}");
        (grep.text().trim().parse::<u32>().unwrap(), done.stderr)
    };
    let warned =
        |words: &str| words.lines().any(|line| line.starts_with("warning: ") && line.contains("swap"));
    let (hits, words) = found("size=1m,mode=0700,noswap");
    assert_eq!(hits, 0, "{words}");
    assert!(!warned(&words), "{words}");
    let (hits, words) = found("size=1m,mode=0700");
    assert!(hits > 0, "the control: {words}");
    assert!(warned(&words), "{words}");
}
