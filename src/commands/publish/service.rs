//! What has to change in a service so that it gets other secrets.

use crate::render::Access;
use serde_json::Value;

/// Where the engine puts the files of secrets.
const FOLDER: &str = "/run/secrets/";

/// A secret of a service, and the file it becomes there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// The name of the secret.
    pub(super) source: String,
    /// The name of the file, or its path.
    pub(super) target: String,
    uid: Option<String>,
    gid: Option<String>,
    mode: Option<u32>,
}

/// A secret that a service is to have.
pub(super) struct Wanted<'w> {
    /// The name of the secret.
    pub(super) source: &'w str,
    /// The name of the file.
    pub(super) target: &'w str,
    /// Who may read it; what is not said stays as it is.
    pub(super) access: Access,
}

impl Reference {
    /// The secrets of a service, from what `docker service inspect` says.
    pub(super) fn all(service: &Value) -> Vec<Self> {
        let secrets = service.pointer("/Spec/TaskTemplate/ContainerSpec/Secrets").and_then(Value::as_array);
        secrets.into_iter().flatten().filter_map(Self::read).collect()
    }

    fn read(secret: &Value) -> Option<Self> {
        let file = secret.get("File")?;
        let text = |value: &Value, name| value.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            source: text(secret, "SecretName")?,
            target: text(file, "Name")?,
            uid: text(file, "UID"),
            gid: text(file, "GID"),
            mode: file.get("Mode").and_then(Value::as_u64).and_then(|mode| u32::try_from(mode).ok()),
        })
    }

    fn file(&self) -> &str {
        self.target.strip_prefix(FOLDER).unwrap_or(&self.target)
    }

    /// The value of `--secret-add`.
    fn flag(&self) -> String {
        let mut fields = vec![format!("source={}", self.source), format!("target={}", self.target)];
        fields.extend(self.uid.iter().map(|uid| format!("uid={uid}")));
        fields.extend(self.gid.iter().map(|gid| format!("gid={gid}")));
        fields.extend(self.mode.map(|mode| format!("mode={mode:04o}")));
        fields.iter().map(|field| csv(field)).collect::<Vec<_>>().join(",")
    }
}

/// A field of the line of CSV that docker reads.
fn csv(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", field.replace('"', "\"\""));
    }
    field.to_owned()
}

/// The flags of `docker service update` that lead from `present` to `wanted`; none if it is that already.
/// Secrets for other files stay. A secret that is removed goes from all its files, so those that are not
/// meant are added again.
pub(super) fn flags(present: &[Reference], wanted: &[Wanted<'_>]) -> Vec<String> {
    let (mut removed, mut added): (Vec<&str>, Vec<Reference>) = (Vec::new(), Vec::new());
    let mut kept: Vec<&Reference> = present.iter().collect();
    for want in wanted {
        let old = present.iter().find(|reference| reference.file() == want.target);
        let Access { mode, uid, gid } = want.access;
        let new = Reference {
            source: want.source.to_owned(),
            target: old.map_or(want.target, |old| &old.target).to_owned(),
            uid: uid.map(|uid| uid.to_string()).or_else(|| old?.uid.clone()),
            gid: gid.map(|gid| gid.to_string()).or_else(|| old?.gid.clone()),
            mode: mode.or_else(|| old?.mode),
        };
        match old {
            Some(old) if *old == new => {}
            _ => {
                removed.extend(old.map(|old| old.source.as_str()));
                kept.retain(|reference| old != Some(*reference));
                added.push(new);
            }
        }
    }
    removed.sort_unstable();
    removed.dedup();
    added.extend(kept.into_iter().filter(|other| removed.contains(&other.source.as_str())).cloned());
    let removals = removed.iter().flat_map(|name| ["--secret-rm".to_owned(), (*name).to_owned()]);
    let additions = added.iter().flat_map(|reference| ["--secret-add".to_owned(), reference.flag()]);
    removals.chain(additions).collect()
}

#[cfg(test)]
mod tests {
    use super::{Reference, Wanted, flags};
    use crate::render::Access;
    use serde_json::json;

    fn present() -> Vec<Reference> {
        let file = |name: &str, mode: u32| json!({ "Name": name, "UID": "0", "GID": "0", "Mode": mode });
        let secrets = json!([
            { "SecretID": "1", "SecretName": "a.1", "File": file("a", 0o444) },
            { "SecretID": "2", "SecretName": "b.1", "File": file("/run/secrets/b", 0o400) },
            { "SecretID": "1", "SecretName": "a.1", "File": file("x,\"y\"", 0o444) },
            { "SecretID": "4", "SecretName": "c", "File": null },
        ]);
        Reference::all(&json!({ "Spec": { "TaskTemplate": { "ContainerSpec": { "Secrets": secrets } } } }))
    }

    fn line(present: &[Reference], wanted: &[(&str, &str, Access)]) -> String {
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(source, target, access)| Wanted { source, target, access: *access })
            .collect();
        flags(present, &wanted).join(" ")
    }

    #[test]
    fn only_what_differs_is_changed() {
        let (usual, present) = (Access::default(), present());
        assert_eq!(line(&present, &[]), "");
        assert_eq!(line(&present, &[("a.1", "a", usual), ("b.1", "b", usual)]), "");
        assert_eq!(
            line(&present, &[("b.2", "b", usual)]),
            "--secret-rm b.1 --secret-add source=b.2,target=/run/secrets/b,uid=0,gid=0,mode=0400"
        );
        assert_eq!(line(&[], &[("n.1", "n", usual)]), "--secret-add source=n.1,target=n");
        let own = Access { mode: Some(0o400), uid: Some(1000), gid: None };
        assert_eq!(line(&[], &[("n.1", "n", own)]), "--secret-add source=n.1,target=n,uid=1000,mode=0400");
        assert_eq!(
            line(&present, &[("b.1", "b", Access { uid: Some(5), ..usual })]),
            "--secret-rm b.1 --secret-add source=b.1,target=/run/secrets/b,uid=5,gid=0,mode=0400"
        );
    }

    #[test]
    fn a_secret_with_two_files_keeps_the_other() {
        assert_eq!(
            line(&present(), &[("a.2", "a", Access::default())]),
            "--secret-rm a.1 --secret-add source=a.2,target=a,uid=0,gid=0,mode=0444 \
             --secret-add source=a.1,\"target=x,\"\"y\"\"\",uid=0,gid=0,mode=0444"
        );
    }

    #[test]
    fn files_that_change_places_are_one_update() {
        let (usual, present) = (Access::default(), present());
        assert_eq!(
            line(&present, &[("b.1", "a", usual), ("a.1", "b", usual)]),
            "--secret-rm a.1 --secret-rm b.1 --secret-add source=b.1,target=a,uid=0,gid=0,mode=0444 \
             --secret-add source=a.1,target=/run/secrets/b,uid=0,gid=0,mode=0400 \
             --secret-add source=a.1,\"target=x,\"\"y\"\"\",uid=0,gid=0,mode=0444"
        );
    }
}
