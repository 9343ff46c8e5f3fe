//! `seal` and `sops` as client and server, both ways, on sockets and ports.

use super::{A, B, NO_LOCAL, Server, asking, free_port, said, sops_asking};
use crate::bed::Bed;
use crate::cli::{PLAIN, sealed};
use crate::peers::sops;

/// A service of sops on a socket, and one on a port.
fn both_of_sops(bed: &Bed) -> [Server; 2] {
    let path = bed.path("sops.sock");
    [Server::sops(bed, "a", path.to_str().unwrap()), Server::sops(bed, "a", &free_port())]
}

/// A service of seal on a socket, and one on a port.
fn both_of_seal(bed: &Bed) -> [Server; 2] {
    [
        Server::seal_at(bed, "a", "seal.sock"),
        Server::seal(bed, "a", &["--address", "127.0.0.1:0", "--verbose"]),
    ]
}

#[test]
fn sops_serves_seal() {
    let bed = Bed::new();
    for server in both_of_sops(&bed) {
        let uri = [server.uri.as_str()];
        bed.write("plain.yaml", PLAIN);
        asking(&bed, &uri, &["encrypt", "--age", A, "plain.yaml", "-o", "x.yaml"]).ok();
        assert_eq!(asking(&bed, &uri, &["decrypt", "x.yaml"]).ok().text(), PLAIN);
        assert_eq!(bed.seal(&["decrypt", "x.yaml"]).identity("a").ok().text(), PLAIN);

        asking(&bed, &uri, &["set", "x.yaml", "db.password", "--value-stdin"]).stdin("other").ok();
        assert_eq!(asking(&bed, &uri, &["get", "x.yaml", "db.password"]).ok().text(), "other");
        let before = bed.text("x.yaml");
        asking(&bed, &uri, &["rotate", "-i", "--add-age", B, "x.yaml"]).ok();
        assert_ne!(bed.text("x.yaml"), before);
        assert!(bed.seal(&["decrypt", "x.yaml"]).identity("b").ok().text().contains("other"));

        let editor = "sed -i s/other/edited/";
        asking(&bed, &uri, &["edit", "--editor", editor, "x.yaml"]).ok();
        assert_eq!(asking(&bed, &uri, &["get", "x.yaml", "db.password"]).ok().text(), "edited");

        bed.write(".sops.yaml", format!("creation_rules:\n  - age: {A}\n"));
        asking(&bed, &uri, &["updatekeys", "-y", "x.yaml"]).ok();
        assert!(!bed.text("x.yaml").contains(B));
        assert!(asking(&bed, &uri, &["decrypt", "x.yaml"]).ok().text().contains("edited"));
        std::fs::remove_file(bed.path(".sops.yaml")).unwrap();
    }
}

#[test]
fn seal_serves_sops() {
    let bed = Bed::new();
    for mut server in both_of_seal(&bed) {
        let uri = server.uri.clone();
        let uri = [uri.as_str()];
        bed.write("plain.yaml", PLAIN);
        let made = sops_asking(&bed, &uri, &["encrypt", "--age", A, "plain.yaml"]).ok().text();
        bed.write("x.yaml", made);
        let plain = sops_asking(&bed, &uri, &["decrypt", "x.yaml"]).ok().text();
        assert_eq!(bed.seal(&["decrypt", "x.yaml"]).identity("a").ok().text(), plain);
        sops_asking(&bed, &uri, &["rotate", "-i", "x.yaml"]).ok();
        assert_eq!(asking(&bed, &uri, &["decrypt", "x.yaml"]).ok().text(), plain);

        bed.write(".sops.yaml", format!("creation_rules:\n  - age: {A},{B}\n"));
        sops_asking(&bed, &uri, &["updatekeys", "-y", "x.yaml"]).ok();
        assert!(bed.seal(&["decrypt", "x.yaml"]).identity("b").ok().text() == plain);
        std::fs::remove_file(bed.path(".sops.yaml")).unwrap();

        // What is wrong is said.
        let theirs = bed.text("x.yaml");
        bed.write("b.yaml", sops(&bed, &["encrypt", "--age", B, "plain.yaml"]).ok().text());
        let done = sops_asking(&bed, &uri, &["decrypt", "b.yaml"]).fails(128);
        assert!(said(&done).contains("your identity does not match"), "{done}");
        let done =
            sops_asking(&bed, &uri, &["encrypt", "--kms", "arn:aws:kms:us-east-1:1:key/x", "plain.yaml"]);
        assert!(said(&done.fails(1)).contains("does not talk to AWS KMS"));
        assert_eq!(bed.text("x.yaml"), theirs);

        let (code, log) = server.end();
        assert_eq!(code, Some(0));
        assert!(log.contains("unwrapped age age1rh8v…ynmu3\n"), "{log}");
        assert!(log.contains("not wrapped kms …/x: this release does not talk to AWS KMS yet\n"), "{log}");
        assert!(!log.contains("hunter2") && !log.contains("AGE-SECRET"), "{log}");
    }
}

#[test]
fn shares_come_from_two_services() {
    let bed = Bed::new();
    let one = Server::seal_at(&bed, "a", "a.sock");
    let path = bed.path("b.sock");
    let two = Server::sops(&bed, "b", path.to_str().unwrap());
    let groups = format!("      - age: [{A}]\n      - age: [{B}]\n");
    bed.write(".sops.yaml", format!("creation_rules:\n  - shamir_threshold: 2\n    key_groups:\n{groups}"));
    bed.write("x.yaml", PLAIN);
    asking(&bed, &[&two.uri], &["encrypt", "-i", "x.yaml"]).ok();
    for uris in [[&*one.uri, &*two.uri], [&*two.uri, &*one.uri]] {
        assert_eq!(asking(&bed, &uris, &["decrypt", "x.yaml"]).ok().text(), PLAIN);
        sops_asking(&bed, &uris, &["decrypt", "x.yaml"]).ok();
    }
    let done = asking(&bed, &[&one.uri], &["decrypt", "x.yaml"]).fails(128);
    assert!(
        said(&done).contains("1 of the 2 key groups needed") || said(&done).contains("group 1 of 2: opened")
    );
    // One share is this process's own.
    let done = bed.seal(&["decrypt", "--keyservice", &two.uri, "x.yaml"]).identity("a").ok();
    assert_eq!(done.text(), PLAIN);
}

#[test]
fn without_any_service_nothing_works() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    bed.write("plain.yaml", PLAIN);
    let done = bed.seal(&["decrypt", NO_LOCAL, "x.yaml"]).identity("a").fails(128);
    assert!(said(&done).contains("there is no key service to ask"), "{done}");
    assert!(said(&done).contains("hint: name a key service with --keyservice"), "{done}");
    let done = bed.seal(&["encrypt", NO_LOCAL, "--age", A, "plain.yaml"]).fails(1);
    assert!(said(&done).contains("there is no key service to ask"), "{done}");
    let off = |args: &[&str]| bed.seal(args).identity("a").env("SOPS_ENABLE_LOCAL_KEYSERVICE", "false");
    off(&["decrypt", "x.yaml"]).fails(128);
    // A flag stands above its variable.
    off(&["decrypt", "--enable-local-keyservice", "x.yaml"]).ok();
    bed.seal(&["decrypt", "--enable-local-keyservice=maybe", "x.yaml"]).fails(1);
}

#[test]
fn the_variable_lists_services_and_the_flag_replaces_it() {
    let bed = Bed::new();
    let server = Server::seal_at(&bed, "a", "a.sock");
    sealed(&bed, "x.yaml");
    let list = format!("unix:///nowhere/at.all,{}", server.uri);
    let run = |args: &[&str]| bed.seal(args).env("SOPS_KEYSERVICE", &list);
    assert_eq!(run(&["decrypt", "x.yaml"]).ok().text(), PLAIN);
    let done = run(&["decrypt", "--keyservice", "unix:///no/flag", "x.yaml"]).fails(128);
    assert!(said(&done).contains("unix:///no/flag is not reachable"), "{done}");
    assert!(!said(&done).contains("/nowhere"), "{done}");
    let done = bed.seal(&["decrypt", "x.yaml"]).env("SOPS_KEYSERVICE", "http://x").fails(1);
    assert!(said(&done).contains("`SOPS_KEYSERVICE` has `http://x`"), "{done}");
    let done = bed.seal(&["decrypt", "--keyservice", "unix://x", "x.yaml"]).fails(1);
    assert!(said(&done).contains("a third slash"), "{done}");
}

#[test]
fn keys_of_this_process_come_first_and_far_services_are_warned_of() {
    let bed = Bed::new();
    sealed(&bed, "x.yaml");
    // Nobody is asked there: the identity at hand is enough.
    let far = ["decrypt", "--keyservice", "tcp://192.0.2.1:5000", "x.yaml"];
    let done = bed.seal(&far).identity("a").ok();
    assert_eq!(done.text(), PLAIN);
    assert!(
        said(&done).contains("warning: the key service tcp://192.0.2.1:5000 is on another machine"),
        "{done}"
    );
    let done =
        bed.seal(&["-q", "decrypt", "--keyservice", "tcp://192.0.2.1:5000", "x.yaml"]).identity("a").ok();
    assert_eq!(done.stderr, "");
    let near = ["decrypt", "--keyservice", "tcp://127.0.0.1:1", "x.yaml"];
    assert_eq!(bed.seal(&near).identity("a").ok().stderr, "");
}
