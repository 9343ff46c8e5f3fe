//! Editors whose habits are known: swap files, backups, histories, and how each is turned off.
//!
//! Switches must win over the person's own settings. What an editor writes beside the text lands in the
//! private folder; what matters here is what it writes elsewhere.

use super::Surroundings;
use crate::io::read_file;
use std::path::{Path, PathBuf};

/// An editor.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Known {
    names: &'static [&'static str],
    /// Arguments that come first.
    fixed: &'static [&'static str],
    /// An argument without which the program does not wait for the end of the editing, with other
    /// spellings of it.
    wait: &'static [&'static str],
    /// Whether it reads settings of ours in the private folder.
    is_nano: bool,
    /// Whether the program hands the file to one that runs already.
    pub(super) is_client: bool,
    /// Whether it writes what it saves in an emergency to the current folder.
    pub(super) stays_inside: bool,
    /// What cannot be turned off.
    pub(super) habit: Option<&'static Habit>,
}

/// A habit that no argument turns off.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Habit {
    pub(super) what: &'static str,
    pub(super) remedy: &'static str,
    /// Files of settings, below the person's directory for them, and the word that shows that the person
    /// took care.
    settled: (&'static [&'static str], &'static str),
}

impl Habit {
    /// Whether the person's settings deal with it.
    pub(super) fn is_settled(&self, around: &Surroundings<'_>) -> bool {
        let (files, word) = self.settled;
        let Some(config) = around.config else { return false };
        files.iter().any(|file| {
            read_file(&config.join(file), 1 << 20)
                .is_ok_and(|input| input.bytes.windows(word.len()).any(|window| window == word.as_bytes()))
        })
    }
}

const NONE: Known = Known {
    names: &[],
    fixed: &[],
    wait: &[],
    is_nano: false,
    is_client: false,
    stays_inside: false,
    habit: None,
};

/// Turns off all that Vim and its kind write besides the text. `:set` ends at the first option that a build
/// does not have, so each has its own.
macro_rules! vim_off {
    () => {
        "silent! set noswapfile | silent! set updatecount=0 | silent! set nobackup | \
         silent! set nowritebackup | silent! set patchmode= | silent! set noundofile | \
         silent! set viminfo= | silent! set viminfofile=NONE | silent! set shada= | \
         silent! set shadafile=NONE | silent! set verbosefile="
    };
}

/// The moments at which Vim would begin to write.
macro_rules! vim_moments {
    () => {
        "VimEnter,BufNewFile,BufReadPre,BufWinEnter,InsertEnter,BufWritePre,FileWritePre,VimLeavePre"
    };
}

/// The person's settings are read after `--cmd`, the text after them, and `-c` is last. So the options are
/// set off at each moment at which a file would be written: before the text is read, and again behind all
/// that the person's settings hang on these moments.
const VIM: &[&str] = &[
    "-n",
    "-i",
    "NONE",
    "--cmd",
    "augroup seal_edit",
    "--cmd",
    concat!("autocmd ", vim_moments!(), " * ", vim_off!()),
    "--cmd",
    "augroup END",
    "-c",
    vim_off!(),
    "-c",
    "augroup seal_edit_last",
    "-c",
    concat!("autocmd ", vim_moments!(), " * ", vim_off!()),
    "-c",
    "augroup END",
];

const EMACS: &str = "(progn (setq make-backup-files nil auto-save-default nil create-lockfiles nil \
    auto-save-list-file-prefix nil undo-tree-auto-save-history nil) \
    (setq-default backup-inhibited t) \
    (when (fboundp 'savehist-mode) (savehist-mode -1)) \
    (when (fboundp 'auto-save-visited-mode) (auto-save-visited-mode -1)))";

const CODE: Habit = Habit {
    what: "copies of saved files (local history) and of unsaved ones (hot exit) on disk",
    remedy: r#"in its settings: "workbench.localHistory.exclude": {"**/seal-private-*/**": true}, "files.hotExit": "off""#,
    settled: (
        &[
            "Code/User/settings.json",
            "Code - Insiders/User/settings.json",
            "VSCodium/User/settings.json",
            "Cursor/User/settings.json",
            "Windsurf/User/settings.json",
        ],
        "workbench.localHistory",
    ),
};

const SUBLIME: Habit = Habit {
    what: "unsaved text on disk (hot exit)",
    remedy: r#"in its settings: "hot_exit": "disabled", "update_system_recent_files": false"#,
    settled: (
        &[
            "sublime-text/Packages/User/Preferences.sublime-settings",
            "sublime-text-3/Packages/User/Preferences.sublime-settings",
        ],
        "hot_exit",
    ),
};

const EMACS_SERVER: Habit = Habit {
    what: "what the running Emacs is set to keep",
    remedy: "see make-backup-files, auto-save-default and savehist-mode, or use another editor: --editor",
    settled: (&[], ""),
};

const NVI: Habit = Habit {
    what: "a copy for recovery in /var/tmp",
    remedy: "use another editor: --editor vim",
    settled: (&[], ""),
};

const EDITORS: &[Known] = &[
    Known { names: &["vim", "nvim", "vimx", "rvim"], fixed: VIM, ..NONE },
    Known { names: &["gvim", "mvim", "rgvim"], fixed: VIM, wait: &["-f", "--nofork"], ..NONE },
    Known { names: &["nano", "rnano"], is_nano: true, ..NONE },
    Known { names: &["emacs"], fixed: &["--eval", EMACS], ..NONE },
    Known { names: &["emacsclient"], is_client: true, habit: Some(&EMACS_SERVER), ..NONE },
    Known {
        names: &["code", "code-insiders", "code-oss", "codium", "vscodium", "cursor", "windsurf"],
        wait: &["--wait", "-w"],
        is_client: true,
        habit: Some(&CODE),
        ..NONE
    },
    Known {
        names: &["subl", "sublime_text"],
        wait: &["--wait", "-w"],
        is_client: true,
        habit: Some(&SUBLIME),
        ..NONE
    },
    Known { names: &["gedit", "zed", "zeditor", "atom"], wait: &["--wait", "-w"], is_client: true, ..NONE },
    Known { names: &["mate"], wait: &["-w", "--wait"], is_client: true, ..NONE },
    Known { names: &["kate"], wait: &["-b", "--block"], is_client: true, ..NONE },
    Known {
        names: &["micro"],
        fixed: &[
            "-backup",
            "false",
            "-permbackup",
            "false",
            "-saveundo",
            "false",
            "-savecursor",
            "false",
            "-savehistory",
            "false",
        ],
        ..NONE
    },
    Known {
        names: &["joe", "jmacs", "jstar", "jpico"],
        fixed: &["-nobackups", "-nodeadjoe", "-nolocks"],
        stays_inside: true,
        ..NONE
    },
    Known { names: &["ed", "red"], stays_inside: true, ..NONE },
    Known { names: &["nvi", "bsd-vi"], habit: Some(&NVI), ..NONE },
    // Whatever `vi` is here, it is not Vim.
    Known { names: &["vi"], ..NONE },
    Known { names: &["hx", "helix", "kak"], ..NONE },
];

/// The editor called `name`.
pub(super) fn by_name(name: &str) -> Option<&'static Known> {
    EDITORS.iter().find(|known| known.names.contains(&name))
}

impl Known {
    /// The arguments that come before the person's own.
    pub(super) fn switches(&self, folder: &Path, own: &[String]) -> Vec<String> {
        let mut switches: Vec<String> = self.fixed.iter().map(|word| (*word).to_owned()).collect();
        if self.is_nano {
            switches.extend(["--rcfile".to_owned(), folder.join(NANORC).display().to_string()]);
        }
        let waits = own.iter().any(|word| self.wait.contains(&word.as_str()));
        switches.extend(self.wait.first().filter(|_| !waits).map(|word| (*word).to_owned()));
        switches
    }

    /// A file that belongs beside the text, with its name.
    pub(super) fn settings(&self, around: &Surroundings<'_>) -> Option<(&'static str, Vec<u8>)> {
        self.is_nano.then(|| (NANORC, nanorc(around)))
    }
}

const NANORC: &str = ".seal-nanorc";

/// nano's switches only turn things on, but of one file of settings the last line counts: the person's
/// settings, and what turns off the files that it would write.
fn nanorc(around: &Surroundings<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    let system = ["/etc/nanorc", "/usr/local/etc/nanorc", "/opt/homebrew/etc/nanorc"].map(PathBuf::from);
    let own = [
        around.home.map(|home| home.join(".nanorc")),
        around.config.map(|config| config.join("nano/nanorc")),
        around.home.map(|home| home.join(".config/nano/nanorc")),
    ];
    // Of each kind nano reads the first that is there.
    for files in [system.to_vec(), own.into_iter().flatten().collect()] {
        if let Some(input) = files.iter().find_map(|file| read_file(file, 1 << 20).ok()) {
            text.extend_from_slice(&input.bytes);
            text.push(b'\n');
        }
    }
    for option in ["backup", "historylog", "positionlog", "locking"] {
        text.extend_from_slice(format!("unset {option}\n").as_bytes());
    }
    text
}
