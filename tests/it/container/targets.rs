//! Which folders a container may render to: the rules that need mounts, users and owners of their own.

use super::runc::Bundle;
use super::{APP, MARK, key_file, sealed, until};
use crate::bed::Done;
use std::process::Stdio;

/// A container that renders to `/target` with the user of `uid`, and lists it then.
fn bundle(uid: u32) -> Option<Bundle> {
    let bundle = Bundle::new()?;
    let file = sealed(&bundle.bed, "app.enc.yaml", APP);
    let key = key_file(&bundle.bed, "key", uid);
    let key = std::fs::read(key).unwrap();
    Some(
        bundle
            .file("/etc/app/app.enc.yaml", &file, (0, 0), 0o444)
            .file("/key/seal.key", &key, (uid, uid), 0o400)
            .user(uid, uid)
            .script(
                "/seal mount --into /target --key-file /key/seal.key --as keys /etc/app/app.enc.yaml \
                 && /busybox cat /target/db.password && /busybox stat -c '%a %u %g' /target",
            ),
    )
}

/// Refused with 73 and this name, without a secret in the words, and nothing on the disk.
fn refused(bundle: &Bundle, name: &str) -> Done {
    let done = bundle.run().done();
    assert_eq!(done.code, Some(73), "{done}");
    assert!(done.stderr.contains(&format!("error[{name}]")), "{name}: {done}");
    assert!(!format!("{done}").contains(MARK), "{done}");
    assert_eq!(bundle.written(), std::collections::BTreeMap::new(), "{done}");
    done
}

fn taken(bundle: &Bundle, mode: &str) -> Done {
    let done = bundle.run().ok();
    assert!(done.text().starts_with("first-7f3a9c"), "{done}");
    assert!(done.text().trim_end().ends_with(mode), "{mode}: {done}");
    assert_eq!(bundle.written(), std::collections::BTreeMap::new(), "{done}");
    done
}

#[test]
fn t1_disks_and_strangers_get_no_secrets() {
    let Some(on_disk) = bundle(1000) else { return };
    let done = refused(&on_disk, "E_TARGET_NOT_MEMORY");
    assert!(done.stderr.contains("--tmpfs /target:mode=0700,uid=1000,gid=1000,size=1m"), "{done}");
    assert!(done.stderr.contains("overlayfs"), "{done}");

    let missing = bundle(1000).unwrap();
    std::fs::remove_dir(missing.image("/target")).unwrap();
    refused(&missing, "E_TARGET");

    let link = bundle(1000).unwrap().mount_tmpfs("/run/secrets", "mode=0700,uid=1000,gid=1000");
    std::fs::remove_dir(link.image("/target")).unwrap();
    std::os::unix::fs::symlink("/run/secrets", link.image("/target")).unwrap();
    refused(&link, "E_TARGET");

    let read_only = bundle(1000).unwrap().mount_tmpfs("/target", "mode=0700,uid=1000,gid=1000,ro");
    refused(&read_only, "E_TARGET");

    let foreign = bundle(1000).unwrap().mount_tmpfs("/target", "mode=0777,uid=1001,gid=1001");
    refused(&foreign, "E_TARGET_FOREIGN");

    // A file system that is read-only as a whole changes nothing where the folder is in memory.
    let good = bundle(1000).unwrap().read_only().mount_tmpfs("/target", "mode=0700,uid=1000,gid=1000");
    taken(&good, "700 1000 1000");
}

#[test]
fn t4_open_folders_are_tightened_taken_or_refused() {
    let Some(ours) = bundle(1000) else { return };
    // T5: Docker's plain --tmpfs, of this user.
    taken(&ours.mount_tmpfs("/target", "mode=1777,uid=1000,gid=1000"), "700 1000 1000");
    // T6: the same, of root.
    taken(&bundle(1000).unwrap().mount_tmpfs("/target", "mode=1777"), "1777 0 0");
    // T7: an emptyDir.
    let done = taken(&bundle(1000).unwrap().mount_tmpfs("/target", "mode=0777"), "777 0 0");
    assert!(done.stderr.contains("warning:") && done.stderr.contains("all who have this mount"), "{done}");
    // T8: a folder inside of a mount, open to a group.
    let inside = bundle(1000).unwrap().mount_tmpfs("/target", "mode=0777").script(
        "/busybox mkdir -m 0770 /target/app && /seal mount --into /target/app --key-file /key/seal.key \
             /etc/app/app.enc.yaml",
    );
    refused(&inside, "E_TARGET_FOREIGN");
}

#[test]
fn t6_a_folder_that_is_too_small_stays_empty() {
    // The script tells the exit code and what is left.
    let script = "/seal mount --into /target --key-file /key/seal.key --as keys /etc/app/app.enc.yaml; \
                  echo \"code $?\"; /busybox ls -A /target";
    for options in ["size=4k", "nr_inodes=4"] {
        let Some(small) = bundle(1000) else { return };
        let small = small.mount_tmpfs("/target", &format!("mode=0700,uid=1000,gid=1000,{options}"));
        let done = small.script(script).run().ok();
        assert_eq!(done.text(), "code 74\n", "{options}: {done}");
        assert!(done.stderr.contains("error[E_NO_SPACE]"), "{options}: {done}");
        assert!(done.stderr.contains("needed") && done.stderr.contains("free"), "{options}: {done}");
    }
}

#[test]
fn t6_while_watching_the_old_set_stays() {
    let Some(watching) = bundle(1000) else { return };
    let watched = watching.bed.path("watched");
    std::fs::create_dir(&watched).unwrap();
    let small = std::fs::read(watching.bed.path("app.enc.yaml")).unwrap();
    std::fs::write(watched.join("app.enc.yaml"), &small).unwrap();
    let large = APP.replace("first-", &format!("second-{}", "x".repeat(100_000)));
    let large = sealed(&watching.bed, "large.enc.yaml", &large);
    let watching = watching
        .bind(&watched, "/sealed", "ro")
        .mount_tmpfs("/target", "mode=0700,uid=1000,gid=1000,size=64k")
        .args(&[
            "/seal",
            "mount",
            "--watch=1",
            "--into",
            "/target",
            "--key-file",
            "/key/seal.key",
            "/sealed/app.enc.yaml",
        ]);
    let mut running = watching.start(Stdio::null());
    running.says("\"event\":\"render\"");
    let shown = || running.exec(&["/busybox", "cat", "/target/app.yaml"]).ok().text();
    assert_eq!(shown(), APP);
    std::fs::write(watched.join("new"), large).unwrap();
    std::fs::rename(watched.join("new"), watched.join("app.enc.yaml")).unwrap();
    running.says("\"event\":\"keep\"");
    assert!(running.stderr().contains("E_NO_SPACE"), "{}", running.stderr());
    assert_eq!(shown(), APP);
    // Once it fits again, it is rendered without a word from outside.
    std::fs::write(
        watched.join("new"),
        sealed(&watching.bed, "third.enc.yaml", &APP.replace("first", "third")),
    )
    .unwrap();
    std::fs::rename(watched.join("new"), watched.join("app.enc.yaml")).unwrap();
    until("the third", || shown().contains("third-7f3a9c").then_some(()));
    running.signal("TERM");
    assert_eq!(running.wait(), 0);
}
