//! Documents made at random, the same for the same seed: every way of writing that a format has.

mod env;
mod ini;
mod json;
mod yaml;

use crate::read::Format;

/// A small generator of pseudo-random numbers (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    /// The generator of document `index` under `seed`.
    pub(crate) fn new(seed: u64, index: u64) -> Self {
        // SplitMix64 spreads neighbouring seeds apart and never gives zero twice in a row.
        let mut z = seed.wrapping_add((index + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self((z ^ (z >> 31)) | 1)
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 11) as usize % limit
    }

    /// True `percent` times in a hundred.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `choices`.
    pub(crate) fn one_of<'c, T: ?Sized>(&mut self, choices: &[&'c T]) -> &'c T {
        choices[self.below(choices.len())]
    }

    /// A few words, some of them odd.
    pub(crate) fn words(&mut self) -> String {
        const WORDS: &[&str] = &[
            "alpha",
            "bravo",
            "key",
            "ünïcode",
            "日本",
            "ключ",
            "😀",
            "a-b",
            "x_y",
            "100%",
            "c:d",
            "it's",
            "e\u{301}",
            "hunter2",
            "U+00A0\u{a0}",
            "/path/to",
            "user@host",
            "a\\b",
            "$VAR",
            "${x}",
            "50€",
            "(z)",
            "q=1",
            "<&>",
        ];
        let count = 1 + self.below(4);
        (0..count).map(|_| self.one_of(WORDS)).collect::<Vec<_>>().join(" ")
    }
}

/// A document of `format`.
pub(crate) fn document(format: Format, random: &mut Random) -> Vec<u8> {
    match format {
        Format::Yaml => yaml::document(random),
        Format::Json => json::document(random),
        Format::Dotenv => env::document(random),
        Format::Ini => ini::document(random),
        Format::Binary => binary(random),
    }
}

fn binary(random: &mut Random) -> Vec<u8> {
    match random.below(4) {
        0 => json::document(random),
        1 => random.words().into_bytes(),
        _ => {
            let length = random.below(3000);
            (0..length).map(|_| random.next() as u8).collect()
        }
    }
}
