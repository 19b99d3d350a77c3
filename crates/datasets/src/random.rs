//! The only random generator of this crate: ChaCha20, from a seed that is always passed in.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// What a stream of random numbers is for. Each purpose has its own stream under a seed, so that more rows, or other
/// noise, leave the rest as it was. The numbers are part of what a seed means: never change one.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stream {
    /// The order of rows in a split.
    Rows = 0,
    /// True weights of a synthetic set.
    Weights = 1,
    /// Features of a synthetic set.
    Features = 2,
    /// Noise, or the drawing of labels.
    Noise = 3,
}

/// ChaCha20 (RFC 8439's block function with a 64-bit counter) whose key is the seed in little-endian bytes followed by
/// zeros, and whose stream number says what it is for.
pub(crate) fn stream(seed: u64, stream: Stream) -> ChaCha20Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut rng = ChaCha20Rng::from_seed(key);
    rng.set_stream(stream as u64);
    rng
}

#[cfg(test)]
mod tests {
    use rand_core::Rng;

    use super::*;

    /// First words of the key stream for an all-zero key and nonce: draft-agl-tls-chacha20poly1305-04, section 7.
    #[test]
    fn seed_zero_is_the_published_key_stream() {
        let mut rng = stream(0, Stream::Rows);
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        assert_eq!(
            bytes,
            [0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90, 0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28]
        );
    }

    #[test]
    fn streams_and_seeds_differ() {
        let first = |seed, purpose| stream(seed, purpose).next_u64();
        assert_ne!(first(1, Stream::Noise), first(1, Stream::Features));
        assert_ne!(first(1, Stream::Noise), first(2, Stream::Noise));
        assert_eq!(first(1, Stream::Noise), first(1, Stream::Noise));
    }
}
