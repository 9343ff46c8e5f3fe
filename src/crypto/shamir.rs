//! Shamir's secret sharing over GF(2^8), bytewise (format description, section 6.5).
//!
//! The field is that of AES: polynomials over GF(2) modulo x^8+x^4+x^3+x+1. Every byte of the secret is
//! the constant term of a polynomial of its own; a share holds the values of all polynomials at one
//! non-zero x, and then x as its last byte. Field operations take the same time for all operands.

use crate::secret::Secret;
use thiserror::Error;
use zeroize::Zeroizing;

/// Why a secret cannot be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SplitError {
    /// The threshold is below two or above the number of shares.
    #[error("the threshold {threshold} is not between 2 and the number of shares, {shares}")]
    Threshold {
        /// Shares needed to combine.
        threshold: u8,
        /// Shares asked for.
        shares: u8,
    },
    /// The secret has no bytes.
    #[error("the secret is empty")]
    Empty,
    /// Not [`coefficient_count`] random bytes.
    #[error("the number of random bytes is wrong")]
    Coefficients,
}

/// Why shares cannot be combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CombineError {
    /// Fewer than two shares.
    #[error("fewer than two shares")]
    TooFew,
    /// A share has no value, or the shares have different lengths.
    #[error("the shares do not have the same length of at least two bytes")]
    Length,
    /// The x of a share is zero, where the secret itself lies.
    #[error("a share has the number zero")]
    Zero,
    /// Two shares with the same x.
    #[error("two shares have the same number")]
    Duplicate,
}

/// How many random bytes [`split`] needs for a secret of `length` bytes.
#[must_use]
pub fn coefficient_count(length: usize, threshold: u8) -> usize {
    length * usize::from(threshold.saturating_sub(1))
}

/// Splits `secret` into `shares` shares, of which any `threshold` give it back and fewer say nothing.
/// `random` is [`coefficient_count`] uniformly random bytes, used for nothing else. The shares are
/// numbered 1, 2, ... in their order.
///
/// # Errors
/// The parameters do not fit together.
pub fn split(secret: &[u8], shares: u8, threshold: u8, random: &[u8]) -> Result<Vec<Secret>, SplitError> {
    if threshold < 2 || shares < threshold {
        return Err(SplitError::Threshold { threshold, shares });
    }
    if secret.is_empty() {
        return Err(SplitError::Empty);
    }
    if random.len() != coefficient_count(secret.len(), threshold) {
        return Err(SplitError::Coefficients);
    }
    let polynomials = || secret.iter().zip(random.chunks_exact(usize::from(threshold) - 1));
    let share = |x: u8| {
        let mut share = Vec::with_capacity(secret.len() + 1);
        share.extend(polynomials().map(|(constant, higher)| evaluate(*constant, higher, x)));
        share.push(x);
        Secret::new(share)
    };
    Ok((1..=shares).map(share).collect())
}

/// Gives back the secret from all of `shares`. Fewer than the threshold, or a share of another secret,
/// give other bytes: nothing in a share tells.
///
/// # Errors
/// The shares cannot belong together.
pub fn combine(shares: &[&[u8]]) -> Result<Secret, CombineError> {
    let [first, _, ..] = shares else { return Err(CombineError::TooFew) };
    if first.len() < 2 || shares.iter().any(|share| share.len() != first.len()) {
        return Err(CombineError::Length);
    }
    let length = first.len() - 1;
    let xs: Vec<u8> = shares.iter().map(|share| share[length]).collect();
    for (i, x) in xs.iter().enumerate() {
        if *x == 0 {
            return Err(CombineError::Zero);
        }
        if xs[..i].contains(x) {
            return Err(CombineError::Duplicate);
        }
    }
    let mut secret = Zeroizing::new(vec![0; length]);
    for (i, share) in shares.iter().enumerate() {
        let weight = weight_at_zero(&xs, i);
        for (sum, value) in secret.iter_mut().zip(share.iter()) {
            *sum ^= multiply(weight, *value);
        }
    }
    Ok(secret.into())
}

/// The value at `x` of the polynomial with these coefficients, by Horner's rule.
fn evaluate(constant: u8, higher: &[u8], x: u8) -> u8 {
    multiply(higher.iter().rev().fold(0, |sum, coefficient| multiply(sum, x) ^ coefficient), x) ^ constant
}

/// The Lagrange basis polynomial of the share `i`, at zero: the product of x_j / (x_j - x_i).
fn weight_at_zero(xs: &[u8], i: usize) -> u8 {
    let others = xs.iter().enumerate().filter(|(j, _)| *j != i);
    others.fold(1, |product, (_, x)| multiply(product, multiply(*x, invert(*x ^ xs[i]))))
}

/// The product in the field, by shifting and adding under masks.
fn multiply(mut a: u8, b: u8) -> u8 {
    let mut product = 0;
    for bit in 0..8 {
        product ^= a & mask(b >> bit);
        a = (a << 1) ^ (0x1b & mask(a >> 7));
    }
    product
}

/// All ones if the lowest bit of `bit` is set, else zero.
fn mask(bit: u8) -> u8 {
    0u8.wrapping_sub(bit & 1)
}

/// The inverse in the field: a^254, since a^255 is 1. Zero for zero.
fn invert(a: u8) -> u8 {
    let mut power = a;
    let mut product = 1;
    for _ in 1..8 {
        power = multiply(power, power);
        product = multiply(product, power);
    }
    product
}

#[cfg(test)]
mod tests {
    use super::{CombineError, SplitError, coefficient_count, combine, invert, multiply, split};
    use proptest::prelude::*;

    fn refs(shares: &[crate::secret::Secret]) -> Vec<&[u8]> {
        shares.iter().map(|share| &**share).collect()
    }

    #[test]
    fn the_field_is_that_of_aes() {
        // FIPS 197, section 4.2.
        assert_eq!(multiply(0x57, 0x83), 0xc1);
        assert_eq!(multiply(0x57, 0x13), 0xfe);
        for a in 1..=255 {
            assert_eq!(multiply(a, invert(a)), 1);
        }
        assert_eq!(invert(0), 0);
    }

    #[test]
    fn a_share_is_the_values_and_then_its_number() {
        // f(x) = 5 + 3x and 9 + 4x.
        let shares = split(&[5, 9], 3, 2, &[3, 4]).unwrap();
        assert_eq!(refs(&shares), [&[6, 13, 1][..], &[3, 1, 2], &[0, 5, 3]]);
    }

    /// Shares of a file made by SOPS: any two of the three give the same data key.
    #[test]
    fn shares_made_by_sops_combine() {
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
        };
        let shares = [
            bytes("fe95eaa76c63a645b0ff39e0f8612cfe214c12b5a2d4c80a93ee33bdfc57d23201"),
            bytes("f50da393496867251505359fad170666c6b8e6be101b3c7fa6d2a450977a52aa02"),
            bytes("058c6d76a398d105765331439ecce9e79b1d434e7e5e99a5b5c6200b4761db2b03"),
        ];
        let [a, b, c] = &shares;
        let key = bytes("0e14244286931065d3a93d3ccbbac37f7ce9b745cc916dd080fab7e62c4c5bb3");
        for chosen in [&[&a[..], b][..], &[a, c], &[c, b], &[b, c, a]] {
            assert!(combine(chosen).unwrap().same_as(&key));
        }
    }

    #[test]
    fn parameters_are_checked() {
        let threshold = |shares, threshold| SplitError::Threshold { threshold, shares };
        assert_eq!(split(&[1], 3, 1, &[]).unwrap_err(), threshold(3, 1));
        assert_eq!(split(&[1], 2, 3, &[1, 2]).unwrap_err(), threshold(2, 3));
        assert_eq!(split(&[], 2, 2, &[]).unwrap_err(), SplitError::Empty);
        assert_eq!(split(&[1], 2, 2, &[]).unwrap_err(), SplitError::Coefficients);
        assert_eq!(split(&[1], 255, 255, &[7; 254]).unwrap().len(), 255);
    }

    #[test]
    fn shares_that_cannot_belong_together_are_refused() {
        let error = |shares: &[&[u8]]| combine(shares).unwrap_err();
        assert_eq!(error(&[]), CombineError::TooFew);
        assert_eq!(error(&[&[1, 1]]), CombineError::TooFew);
        assert_eq!(error(&[&[1], &[2]]), CombineError::Length);
        assert_eq!(error(&[&[1, 1], &[1, 1, 2]]), CombineError::Length);
        assert_eq!(error(&[&[], &[]]), CombineError::Length);
        assert_eq!(error(&[&[1, 1], &[1, 0]]), CombineError::Zero);
        assert_eq!(error(&[&[1, 7], &[2, 7]]), CombineError::Duplicate);
    }

    proptest! {
        #[test]
        fn any_threshold_of_shares_combine(
            secret in prop::collection::vec(any::<u8>(), 1..40),
            threshold in 2u8..6,
            extra in 0u8..4,
            random in prop::collection::vec(any::<u8>(), 40 * 5),
            order in Just((0usize..9).collect::<Vec<_>>()).prop_shuffle(),
            more in 0usize..4,
        ) {
            let count = threshold + extra;
            let random = &random[..coefficient_count(secret.len(), threshold)];
            let shares = split(&secret, count, threshold, random).unwrap();
            let all = refs(&shares);
            let chosen: Vec<&[u8]> = order
                .iter()
                .filter_map(|i| all.get(*i).copied())
                .take(usize::from(threshold) + more)
                .collect();
            prop_assert!(combine(&chosen).unwrap().same_as(&secret));
        }

        /// With one share less than the threshold every secret is as likely as any other: for each
        /// candidate there are coefficients that give the same shares. Seen on one byte, threshold 2.
        #[test]
        fn one_share_fits_every_secret(secret: u8, coefficient: u8, candidate: u8, x in 1u8..=255) {
            let share = multiply(coefficient, x) ^ secret;
            let other = multiply(share ^ candidate, invert(x));
            prop_assert_eq!(multiply(other, x) ^ candidate, share);
        }

        #[test]
        fn fewer_shares_do_not_combine(
            secret in prop::collection::vec(any::<u8>(), 32),
            random in prop::collection::vec(1u8..=255, 64),
        ) {
            let shares = split(&secret, 3, 3, &random).unwrap();
            prop_assert!(!combine(&refs(&shares)[..2]).unwrap().same_as(&secret));
        }
    }
}
