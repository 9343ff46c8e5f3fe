//! Encrypted files in real repositories.

mod bed;
mod check;
mod merge;
mod random;
mod resolve;
mod textconv;
mod textconv_formats;
mod textconv_history;
mod textconv_keys;
mod textconv_places;
mod scan;
mod stability;
