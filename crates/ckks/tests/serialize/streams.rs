//! Keys one after the other in a stream, and streams that break.

use ckks::{Ciphertext, CkksError, Context, EvaluationKeys, params::presets, serialize::Stored};

use super::{UNLIMITED, complaint, kit};

#[test]
fn sets_of_keys_are_read_one_by_one() {
    let kit = kit();
    let context = &kit.context;
    let mut stream = Vec::new();
    kit.keys.write_to(context, &mut stream).unwrap();
    let (mut keys, mut reader, mut count) = (EvaluationKeys::none(), &*stream, 0);
    while keys.read_next(context, &mut reader, UNLIMITED).unwrap() {
        count += 1;
    }
    assert_eq!((count, keys.size()), (4, kit.keys.size()));

    let read = |bytes: &[u8]| EvaluationKeys::read_from(context, bytes, UNLIMITED);
    assert_eq!(read(&[]).unwrap().size(), EvaluationKeys::none().size());
    let first = kit.keys.relinearization().unwrap().to_bytes(context).unwrap();
    let last = kit.keys.galois_keys().last().unwrap().to_bytes(context).unwrap();
    for repeated in [[&*first, &first].concat(), [&*last, &last].concat()] {
        assert_eq!(complaint(read(&repeated)), "key");
    }
    let foreign = [&*first, &kit.public.to_bytes(context).unwrap()].concat();
    assert_eq!(complaint(read(&foreign)), "kind");
    for cut in 1..first.len() {
        assert!(read(&first[..cut]).is_err(), "{cut} bytes");
    }
    // The limit is for all of them together.
    let size = kit.keys.size().memory;
    let found = EvaluationKeys::read_from(context, &*stream, size);
    assert!(matches!(found, Err(CkksError::TooLarge { .. })), "{found:?}");
}

#[test]
fn readers_and_writers_that_fail_are_reported() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("cable cut"))
        }
    }
    impl std::io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("disk full"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let kit = kit();
    let found = Ciphertext::read_from(&kit.context, Broken, UNLIMITED).map(drop);
    assert!(matches!(found, Err(CkksError::Io { ref message, .. }) if message == "cable cut"), "{found:?}");
    let found = kit.keys.write_to(&kit.context, Broken);
    assert!(matches!(found, Err(CkksError::Io { ref message, .. }) if message == "disk full"), "{found:?}");
    let mut keys = EvaluationKeys::none();
    assert!(matches!(keys.read_next(&kit.context, Broken, UNLIMITED), Err(CkksError::Io { .. })));
    let other = Context::new(&presets::toy(6, 1).check().unwrap()).unwrap();
    assert!(matches!(kit.public.to_bytes(&other), Err(CkksError::ContextMismatch { .. })));
    assert!(matches!(kit.keys.write_to(&other, Vec::new()), Err(CkksError::ContextMismatch { .. })));
}
