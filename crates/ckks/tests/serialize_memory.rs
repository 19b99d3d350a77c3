//! Reading never allocates more than it may, whatever the bytes claim.

#![expect(clippy::expect_used, reason = "a helper of tests stops at the first failure")]

mod common;

use ckks::{
    Ciphertext, CkksError, EvaluationKeys, GaloisKey, KeyRequest, ParameterSpec, RelinearizationKey,
    SecretKey, params::presets, serialize::Stored,
};
use common::{Kit, random};
use ring_math::parallel::Threads;

/// What errors and small tables take.
const SMALL: u64 = 4096;

/// Where the size stands in the head, where the head ends, and how long the checksum is.
const SIZE_AT: usize = 8;
const HEAD: usize = 48;
const CHECKSUM: usize = 32;

/// The most bytes that `f` held at once, on one thread.
fn peak(f: impl FnOnce() + Send) -> u64 {
    let threads = Threads::new(1).expect("a thread starts");
    threads.install(|| allocation_counter::measure(f).bytes_max)
}

fn kit() -> Kit {
    Kit::new(&presets::toy(9, 5).dnum(3), &KeyRequest::new().relinearization().rotations([1, 2, 3]))
}

#[test]
fn the_counter_counts() {
    assert!(peak(|| drop(std::hint::black_box(vec![1u8; 100_000]))) >= 100_000);
}

/// The limit is exact: what is asked for one byte less is what is used, and one byte less is refused for nothing.
#[test]
fn the_limit_is_kept_and_what_exceeds_it_costs_nothing() {
    let kit = kit();
    let context = &kit.context;
    let x = kit.encrypt_random(&random(context.max_slots(), 1), 2).to_bytes(context).unwrap();
    let relinearization = kit.keys.relinearization().unwrap().to_bytes(context).unwrap();
    let galois = kit.keys.galois_keys().next().unwrap().to_bytes(context).unwrap();
    let public = kit.public.to_bytes(context).unwrap();
    type Read = fn(&ckks::Context, &[u8], u64) -> Result<(), CkksError>;
    let all: [(&[u8], Read); 4] = [
        (&x, |c, b, limit| Ciphertext::read_from(c, b, limit).map(drop)),
        (&relinearization, |c, b, limit| RelinearizationKey::read_from(c, b, limit).map(drop)),
        (&galois, |c, b, limit| GaloisKey::read_from(c, b, limit).map(drop)),
        (&public, |c, b, limit| ckks::PublicKey::read_from(c, b, limit).map(drop)),
    ];
    for (bytes, read) in all {
        let mut needed = 0;
        let used = peak(|| match read(context, bytes, 0) {
            Err(CkksError::TooLarge { needed: found, limit: 0, .. }) => needed = found,
            other => panic!("{other:?}"),
        });
        assert!(used <= SMALL, "{used} bytes for a refusal");
        let used = peak(|| assert!(read(context, bytes, needed - 1).is_err()));
        assert!(used <= SMALL, "{used} bytes for a refusal");
        let used = peak(|| read(context, bytes, needed).unwrap());
        assert!(used <= needed, "{used} of {needed} bytes");
        // Nor is the limit far above what an object takes.
        assert!(needed <= used + 2 * SMALL, "{used} of {needed} bytes");
    }
}

#[test]
fn bytes_that_end_early_cost_what_arrived() {
    let kit = kit();
    let context = &kit.context;
    let bytes = kit.keys.relinearization().unwrap().to_bytes(context).unwrap();
    let digits = kit.keys.relinearization().unwrap().switching_key().bodies().len();
    let digit = bytes.len() / digits;
    for arrived in [0, HEAD - 1, HEAD, HEAD + 40, digit, 2 * digit, bytes.len() - 1] {
        let used = peak(|| {
            let found = RelinearizationKey::read_from(context, &bytes[..arrived], u64::MAX);
            assert!(matches!(found, Err(CkksError::Bytes { .. })));
        });
        // A word of 40 bits becomes two of 64, its own and one from the seed; and the buffer holds one digit.
        let most = arrived as u64 * 2 * 64 / 40 + digit as u64 + SMALL;
        assert!(used <= most, "{arrived} bytes: {used} of {most}");
        // Where all bytes have to be there, what is missing is noticed before anything is allocated.
        let used = peak(|| assert!(RelinearizationKey::from_bytes(context, &bytes[..arrived]).is_err()));
        assert!(used <= SMALL, "{arrived} bytes: {used}");
    }
}

#[test]
fn sizes_that_lie_cost_nothing() {
    let kit = kit();
    let context = &kit.context;
    let mut stream = Vec::new();
    kit.keys.write_to(context, &mut stream).unwrap();
    let ciphertext = kit.encrypt_random(&random(context.max_slots(), 1), 2).to_bytes(context).unwrap();
    let secret = kit.secret.to_secret_bytes().unwrap();
    let parameters = context.parameters().to_bytes().unwrap();
    for lie in [0, 1, 79, 80, 1 << 20, 1 << 32, 1 << 40, u64::MAX - 1, u64::MAX] {
        let lying = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            bytes[SIZE_AT..SIZE_AT + 8].copy_from_slice(&lie.to_le_bytes());
            bytes
        };
        let (stream, ciphertext) = (lying(&stream), lying(&ciphertext));
        let (secret, parameters) = (lying(&secret), lying(&parameters));
        let used = peak(|| {
            assert!(EvaluationKeys::read_from(context, &*stream, u64::MAX).is_err());
            assert!(Ciphertext::read_from(context, &*ciphertext, u64::MAX).is_err());
            assert!(Ciphertext::from_bytes(context, &ciphertext).is_err());
            assert!(SecretKey::from_secret_bytes(context, &secret).is_err());
            assert!(ParameterSpec::read_from(&*parameters).is_err());
            assert!(ParameterSpec::from_bytes(&parameters).is_err());
        });
        assert!(used <= SMALL, "a size of {lie}: {used} bytes");
    }
}

/// Counts inside parameters: a list of primes that claims to be longer than what follows.
#[test]
fn counts_that_lie_cost_nothing() {
    let parameters = kit().context.parameters().to_bytes().unwrap();
    let end = parameters.len() - CHECKSUM;
    for at in HEAD..end - 1 {
        let mut bytes = parameters.clone();
        bytes[at..at + 2].copy_from_slice(&[0xff; 2]);
        let hash = blake3::hash(&bytes[HEAD..end]);
        bytes[16..HEAD].copy_from_slice(hash.as_bytes());
        let checksum = blake3::hash(&bytes[..end]);
        bytes[end..].copy_from_slice(checksum.as_bytes());
        let used = peak(|| drop(ParameterSpec::from_bytes(&bytes)));
        assert!(used <= 2 * SMALL, "byte {at}: {used} bytes");
    }
}
