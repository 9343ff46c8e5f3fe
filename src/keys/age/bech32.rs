//! Bech32 (BIP 173) without its length limit, as age uses it.

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Checksum, Hrp};

/// The checksum of BIP 173 for texts as long as post-quantum recipients.
enum LongBech32 {}

impl Checksum for LongBech32 {
    type MidstateRepr = u32;
    const CODE_LENGTH: usize = 8192;
    const CHECKSUM_LENGTH: usize = 6;
    const GENERATOR_SH: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    const TARGET_RESIDUE: u32 = 1;
}

/// The bytes of `text`, whose human-readable part must be `hrp` in either case.
pub(super) fn decode(text: &str, hrp: &str) -> Result<Vec<u8>, &'static str> {
    let parsed =
        CheckedHrpstring::new::<LongBech32>(text).map_err(|_reason| "its checksum or spelling is wrong")?;
    if !parsed.hrp().as_str().eq_ignore_ascii_case(hrp) {
        return Err("its prefix is wrong");
    }
    // Allocated once, as the bytes may be secret.
    let mut bytes = Vec::with_capacity(text.len());
    bytes.extend(parsed.byte_iter());
    Ok(bytes)
}

/// The text for `bytes`, in lower case.
pub(super) fn encode(hrp: &str, bytes: &[u8]) -> String {
    let prefix = Hrp::parse_unchecked(hrp);
    let mut text = String::with_capacity(hrp.len() + bytes.len() * 8 / 5 + 8);
    bech32::encode_lower_to_fmt::<LongBech32, _>(&mut text, prefix, bytes)
        .expect("our longest text, 1959 characters, is shorter than the code");
    text
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn texts_lead_back() {
        let text = encode("age", &[1, 2, 3]);
        assert_eq!(decode(&text, "age").unwrap(), [1, 2, 3]);
        assert_eq!(decode(&text.to_uppercase(), "age").unwrap(), [1, 2, 3]);
        assert!(decode(&text, "agf").is_err());
        assert!(decode(&text.replace("age1q", "age1p"), "age").is_err());
        assert!(decode("", "age").is_err());
    }
}
