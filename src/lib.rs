//! `seal` as a library: the parts of the program, without a stable interface of their own.
//!
//! Layers, lowest first; a module uses only modules of lower layers:
//!
//! | layer | module | what it holds |
//! | --- | --- | --- |
//! | 0 | [`secret`], [`error`], [`pattern`], [`words`], [`harden`], [`threads`] | bytes that are wiped; exit codes and failures; RE2 patterns; command lines as words; a closed process; work on several processors |
//! | 1 | [`doc`] | lossless documents: parse to spans, splice edits; knows no cryptography |
//! | 1 | [`crypto`] | AES-GCM, `ENC[...]`, MAC, Shamir: bytes in, bytes out |
//! | 1 | [`io`] | bounded reads, atomic writes |
//! | 2 | [`git`] | a repository, read through the user's `git` |
//! | 2 | [`keys`] | data key, master keys, key groups, age |
//! | 2 | [`merge`] | three-way merge of plain documents by key path |
//! | 3 | [`keyservice`] | the key service of SOPS over gRPC |
//! | 3 | [`sops`] | the SOPS file format and the strict record |
//! | 4 | [`policy`] | `.sops.yaml` and the settings of a run |
//! | 4 | [`runtime`] | plaintext outside the process: a private folder in memory, a child that is waited for |
//! | 4 | `container` | secrets handed to a container: the target folder, its generations, the process that becomes the app; Linux only |
//! | 4 | [`ui`] | how words reach people |
//! | 5 | [`check`] | what can be wrong with files, found without a key |
//! | 5 | [`view`] | files as people review them |
//! | 5 | [`render`] | opened documents as the files and variables that an app reads |
//! | 6 | [`commands`] | one verb a file |
//! | 7 | [`cli`] | arguments to commands to exit code |

pub mod check;
pub mod cli;
pub mod commands;
#[cfg(target_os = "linux")]
pub mod container;
pub mod crypto;
pub mod doc;
pub mod error;
pub mod git;
pub mod harden;
pub mod io;
pub mod keys;
pub mod keyservice;
pub mod merge;
pub mod pattern;
pub mod policy;
pub mod render;
pub mod review;
pub mod runtime;
pub mod secret;
pub mod sops;
pub mod threads;
pub mod ui;
pub mod view;
pub mod words;
