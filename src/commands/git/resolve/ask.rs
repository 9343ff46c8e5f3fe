//! Conflicts are shown to a person, who decides.

use crate::commands::git::merge::Unmerged;
use crate::commands::git::merge::engine::Ready;
use crate::keys::Ask as _;
use crate::merge::{Choice, Side};
use crate::ui::Terminal;
use std::io::IsTerminal as _;

/// Whether somebody sits there who can be asked: programs that run this have no terminal as input.
pub(super) fn is_wanted() -> bool {
    std::io::stdin().is_terminal()
}

/// Asks for each conflict that nobody decided; what is skipped stays undecided.
pub(super) fn complete(
    ready: &Ready<'_>,
    choices: &mut [Option<Choice>],
    masked: bool,
) -> Result<(), Unmerged> {
    for (number, choice) in choices.iter_mut().enumerate() {
        if choice.is_some() {
            continue;
        }
        Terminal.message(&format!("{}:", ready.conflicts()[number].path));
        for (side, word) in [(Side::Base, "base"), (Side::Ours, "ours"), (Side::Theirs, "theirs")] {
            for (line_number, line) in ready.shown(number, side, masked).lines().enumerate() {
                let word = if line_number == 0 { word } else { "" };
                Terminal.message(&format!("  {word:<7} {line}"));
            }
        }
        match answer() {
            Some(Answer::Choose(chosen)) => *choice = Some(chosen),
            Some(Answer::Skip) => {}
            None => return Ok(()),
        }
    }
    Ok(())
}

enum Answer {
    Choose(Choice),
    Skip,
}

/// What the person says; nothing if there is no more to be asked.
fn answer() -> Option<Answer> {
    loop {
        let said =
            Terminal.text("take ours (o), theirs (t), base (b), delete (d), skip (s) or quit (q)?").ok()?;
        return Some(Answer::Choose(match said.trim() {
            "o" | "ours" => Choice::Take(Side::Ours),
            "t" | "theirs" => Choice::Take(Side::Theirs),
            "b" | "base" => Choice::Take(Side::Base),
            "d" | "delete" => Choice::Delete,
            "s" | "skip" => return Some(Answer::Skip),
            "q" | "quit" => return None,
            _ => continue,
        }));
    }
}
