//! Work on several processors, where it is enough to pay for starting threads.

use rayon::prelude::*;

/// Items that are worth a thread: what is done to them takes a millisecond or so.
const PIECE: usize = 2048;

/// Does `work` to `items` in pieces, several at once, each with the position of its first item; the results
/// in order. The pieces are the same on every machine.
pub fn pieces<T: Sync, R: Send>(items: &[T], work: impl Fn(usize, &[T]) -> R + Sync) -> Vec<R> {
    if items.len() < 2 * PIECE {
        return vec![work(0, items)];
    }
    let pieces = items.par_chunks(PIECE).enumerate();
    pieces.map(|(number, piece)| work(number * PIECE, piece)).collect()
}

/// Does `work` to each of a few large items, several at once; the results in order.
pub fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Send + Sync) -> Vec<R> {
    match items {
        [item] => vec![work(item)],
        items => items.par_iter().map(work).collect(),
    }
}

/// Does two things, at once if there are at least `items` to be done in each.
pub fn both<A: Send, B: Send>(
    items: usize,
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B + Send,
) -> (A, B) {
    if items < 2 * PIECE { (first(), second()) } else { rayon::join(first, second) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_back_in_order() {
        for count in [0, 1, PIECE, 2 * PIECE, 9 * PIECE + 1] {
            let items: Vec<usize> = (0..count).collect();
            let found = pieces(&items, |first, piece| {
                assert_eq!(piece.first(), items.get(first));
                piece.to_vec()
            });
            assert_eq!(found.concat(), items);
        }
        assert_eq!(both(1, || 1, || 2), both(PIECE * 2, || 1, || 2));
    }
}
