//! Who can read files that exist: other recipients, other data keys, over files and trees.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `target` | one file: what it is and should be, and the change |
//! | `many` | the same for many files, several at once |
//! | `policy` | the configuration and the files that follow from it |
//! | `vouch` | whether anybody vouches for the recipients of a file |
//! | `show` | differences in words and as JSON |
//! | `updatekeys`, `rotate`, `groups` | the verbs |

pub mod groups;
pub(super) mod many;
pub(super) mod policy;
pub mod rotate;
pub(super) mod show;
pub(super) mod target;
pub mod updatekeys;
pub(super) mod vouch;
