//! Encrypted files in real repositories.

mod bed;
mod blame;
mod check;
mod complaints;
mod diff;
mod doctor;
mod forms;
mod guard;
mod install;
mod install_files;
mod install_places;
mod install_works;
mod log;
mod merge;
mod random;
mod resolve;
mod scan;
mod stability;
mod textconv;
mod textconv_formats;
mod textconv_history;
mod textconv_keys;
mod textconv_places;
