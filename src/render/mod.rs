//! Opened documents as the files and variables that an app reads. Pure: nothing is written here.
//!
//! A [`Document`] is what an opened file holds, leaf by leaf; a [`Wish`] says what is made of it;
//! [`bundle()`] makes it, completely or not at all.

mod assemble;
pub mod bundle;
mod document;
mod dotenv;
mod error;
mod filter;
mod find;
pub mod names;
mod secret;
mod template;

pub use assemble::{Mode, Wish, bundle, env_file_variables, variables};
pub use bundle::{Access, Bundle, Entry};
pub use document::{Document, Leaf, NullRule};
pub use dotenv::{Variable, env_text};
pub use error::{NameProblem, Origin, RenderError, Spot, TemplateProblem, ValueProblem};
pub use find::find;
pub use names::Separator;
pub use secret::{SecretError, SecretSpec};
pub use template::Template;

#[cfg(test)]
mod tests {
    mod env;
    mod files;
    mod leaves;
    mod names;
    mod secrets;
    mod templates;

    use super::{Bundle, Document, RenderError, Wish, bundle};
    use crate::doc::dotenv::Dotenv;
    use crate::doc::json::Json;
    use crate::doc::yaml::Yaml;
    use crate::doc::{Format, FormatName, Layout, Limits, Timestamp, Value};
    use crate::keys::{DataKey, KeyGroup, MasterKey};
    use crate::secret::Secret;
    use crate::sops::encrypt::encrypt;
    use crate::sops::{EncryptRequest, Sealed, Selection};

    /// An encrypted file and its data key.
    pub(super) struct File {
        pub(super) name: String,
        pub(super) sealed: Vec<u8>,
        format: FormatName,
        key: DataKey,
    }

    impl File {
        /// The file called `name` with this content, encrypted with a key of its own.
        pub(super) fn new(name: &str, content: &[u8], record: bool) -> Self {
            let format = FormatName::of_path(&super::names::file_name(name).unwrap());
            let mut bytes = vec![0; 32];
            getrandom::getrandom(&mut bytes).unwrap();
            let key = DataKey::from_secret(Secret::new(bytes));
            let mut master = MasterKey::age("age1test");
            master.set_enc("wrapped\n".to_owned());
            let selection = Selection::new(None).unwrap();
            let binary = [Value::Str(content.into())];
            let (source, values): (&[u8], _) = match format {
                FormatName::Binary if content.is_empty() => (b"{\"data\": \"\"}", Some(binary.as_slice())),
                FormatName::Binary => (b"{\"data\": \"-\"}", Some(binary.as_slice())),
                _ => (content, None),
            };
            let request = EncryptRequest {
                format: sealed_format(format),
                source: source.into(),
                values,
                selection: &selection,
                selector: None,
                mac_only_encrypted: false,
                groups: vec![KeyGroup::new(vec![master])],
                threshold: 0,
                data_key: &key,
                now: Timestamp::parse_rfc3339("2026-11-21T20:59:26Z").unwrap(),
                record,
                expires: None,
                allow_nothing: true,
                layout: Layout::default(),
                limits: Limits::default(),
            };
            let sealed = encrypt(request).unwrap_or_else(|e| panic!("{name}: {e}")).to_vec();
            Self { name: name.to_owned(), sealed, format, key }
        }

        /// The file, opened.
        pub(super) fn open(&self) -> Document {
            self.try_open(&self.sealed).unwrap()
        }

        /// A changed version of the file, opened without a check of the MAC.
        pub(super) fn try_open(&self, sealed: &[u8]) -> Result<Document, RenderError> {
            let (format, whole) = (sealed_format(self.format), self.format == FormatName::Binary);
            let loaded = Sealed::load(format, sealed, whole, &Limits::default()).unwrap();
            let opened = loaded.open(&self.key, true).unwrap();
            Document::of(&self.name, self.format, &opened)
        }
    }

    fn sealed_format(format: FormatName) -> &'static dyn Format {
        match format {
            FormatName::Yaml => &Yaml,
            FormatName::Json | FormatName::Binary => &Json,
            FormatName::Dotenv => &Dotenv,
            FormatName::Ini => &crate::doc::ini::Ini,
            FormatName::Toml => &crate::doc::toml::Toml,
        }
    }

    /// The document called `name` with this content: encrypted, opened.
    pub(super) fn document(name: &str, content: impl AsRef<[u8]>) -> Document {
        File::new(name, content.as_ref(), true).open()
    }

    /// Names and contents of a bundle.
    pub(super) fn listed(bundle: &Bundle) -> Vec<(&str, String)> {
        bundle
            .entries
            .iter()
            .map(|entry| (entry.name.as_str(), entry.content.escape_ascii().to_string()))
            .collect()
    }

    /// The bundle of a wish that must be fulfilled, as [`listed`].
    pub(super) fn rendered(documents: &[Document], wish: &Wish) -> Vec<(String, String)> {
        let bundle = bundle(documents, wish).unwrap_or_else(|error| panic!("{error}"));
        listed(&bundle).into_iter().map(|(name, content)| (name.to_owned(), content)).collect()
    }

    /// The name and the text of the error of a wish that must be refused.
    pub(super) fn refused(documents: &[Document], wish: &Wish) -> (&'static str, String) {
        match bundle(documents, wish) {
            Err(error) => (error.name(), error.to_string()),
            Ok(bundle) => panic!("rendered: {:?}", listed(&bundle)),
        }
    }

    /// `(name, content)` with the texts owned.
    pub(super) fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, content)| ((*name).to_owned(), (*content).to_owned())).collect()
    }
}
