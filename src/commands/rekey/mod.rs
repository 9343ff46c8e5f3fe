//! Who can read files that exist: other recipients, other data keys, over files and trees.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `target` | one file: what it is and should be, and the change |
//! | `many` | the same for many files, several at once |
//! | `vouch` | whether anybody vouches for the recipients of a file |
//! | `show` | differences in words and as JSON |
//! | `updatekeys`, `rotate`, `groups` | the verbs |

pub mod groups;
mod many;
pub mod rotate;
mod show;
mod target;
pub mod updatekeys;
mod vouch;
