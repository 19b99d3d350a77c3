//! Streams of keys, each of which is mended.
#![no_main]

use ckks::{EvaluationKeys, Evaluator};
use ckks_fuzz::{KIT, mend};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (kit, context) = (&*KIT, &KIT.context);
    let Some((&mode, mut rest)) = data.split_first() else { return };
    // Cut where the sizes in the heads say, as long as they make sense, and mend each piece.
    let mut stream = Vec::new();
    while let Some(size) = rest.get(8..16).and_then(|size| size.try_into().ok()).map(u64::from_le_bytes) {
        let size = usize::try_from(size).unwrap_or(usize::MAX).clamp(1, rest.len());
        let (piece, after) = rest.split_at(size);
        let kind = piece.get(7).copied().unwrap_or(0);
        let mended = [&[mode], piece].concat();
        stream.extend(mend(&mended, kind, Some(context.fingerprint())));
        rest = after;
    }
    stream.extend_from_slice(rest);
    assert!(stream.is_empty() || EvaluationKeys::read_from(context, &*stream, 64).is_err());
    let Ok(keys) = EvaluationKeys::read_from(context, &*stream, 1 << 20) else { return };
    let mut bytes = Vec::new();
    keys.write_to(context, &mut bytes).unwrap();
    assert_eq!((bytes.len(), keys.size().stored), (stream.len(), stream.len() as u64));
    let evaluator = Evaluator::new(context, &keys);
    let _ = (evaluator.mul(&kit.ciphertext, &kit.ciphertext), evaluator.rotate(&kit.ciphertext, 1));
});
