//! What a ciphertext says in the clear does not depend on the values in it.
#![expect(clippy::unwrap_used, reason = "helper functions of tests")]

mod common;

use ckks::{
    Ciphertext, CiphertextShape, CkksError, Complex64, Decryptor, DryRun, EncryptionSpace, Encryptor,
    EvaluationKeys, Evaluator, KeyRequest, Plaintext, PlaintextShape, UNDECLARED_MESSAGE_BOUND,
    encoder::Packing, params::presets, serialize::Stored,
};
use common::{Kit, rng};

/// Bytes of the common head and of the metadata that follow it; polynomials come next.
const METADATA: usize = 48 + 64;

fn kit() -> Kit {
    Kit::new(&presets::toy(6, 2), &KeyRequest::new())
}

/// The metadata of every kind of encryption of `plaintext`, as bytes.
fn metadata(kit: &Kit, plaintext: &Plaintext) -> Vec<Vec<u8>> {
    let context = &kit.context;
    let owner = Encryptor::new(context, &kit.secret);
    let seeded = owner.encrypt_seeded(plaintext, &mut rng(1)).unwrap();
    let mut into = Ciphertext::empty(context).unwrap();
    owner.encrypt_into(&mut into, plaintext, &mut rng(1), &mut EncryptionSpace::new()).unwrap();
    let objects = [
        kit.encrypt_plain(plaintext, 1).to_bytes(context).unwrap(),
        into.to_bytes(context).unwrap(),
        seeded.to_bytes(context).unwrap(),
        seeded.expand().to_bytes(context).unwrap(),
    ];
    objects.map(|bytes| bytes[..METADATA].to_vec()).to_vec()
}

#[test]
fn messages_of_any_size_have_the_same_metadata() {
    let kit = kit();
    let packing = kit.encoder.packing();
    let encode = |value: f64| kit.encoder.encode(&[value, value / 2.0]).unwrap();
    // Nothing declared, constants included: their own rounding is known better than that of other values.
    let expected = metadata(&kit, &kit.encoder.encode(&[]).unwrap());
    for value in [1.0, -1.0, 1e-9, 0.3] {
        assert_eq!(metadata(&kit, &encode(value)), expected, "{value}");
        let constant = kit.encoder.encode_constant(value, &packing).unwrap();
        assert_eq!(metadata(&kit, &constant), expected, "constant {value}");
    }
    // A number on the unit circle whose absolute value comes out above 1.
    let turn = Complex64::from_polar(1.0, 0.7) * (1.0 + f64::EPSILON);
    assert!(turn.norm() > 1.0);
    assert_eq!(metadata(&kit, &kit.encoder.encode_complex(&[turn]).unwrap()), expected);
    // Declared, bound alone and both.
    let declare = |plaintext: Plaintext| plaintext.with_message_bound(64.0).unwrap();
    let declared = metadata(&kit, &declare(encode(64.0)));
    assert_ne!(declared, expected);
    let sized = metadata(&kit, &encode(64.0).with_message_size(64.0, 7.5).unwrap());
    assert_ne!(sized, declared);
    for value in [63.25, 1e-9, 0.0] {
        assert_eq!(metadata(&kit, &declare(encode(value))), declared, "{value}");
        let constant = declare(kit.encoder.encode_constant(value, &packing).unwrap());
        assert_eq!(metadata(&kit, &constant), declared, "constant {value}");
        let plaintext = encode(value).with_message_size(64.0, 7.5).unwrap();
        assert_eq!(metadata(&kit, &plaintext), sized, "{value}");
    }
}

#[test]
fn larger_values_need_a_declared_bound() {
    let kit = kit();
    let dry = DryRun::new(kit.context.parameters());
    for value in [1.001, -423.625] {
        let plaintext = kit.encoder.encode(&[value]).unwrap();
        let owner = Encryptor::new(&kit.context, &kit.secret);
        let results = [
            Encryptor::new(&kit.context, &kit.public).encrypt(&plaintext, &mut rng(1)).err(),
            owner.encrypt(&plaintext, &mut rng(1)).err(),
            owner.encrypt_seeded(&plaintext, &mut rng(1)).err(),
            dry.encrypt_public(&PlaintextShape::from(&plaintext)).err(),
            dry.encrypt_symmetric(&PlaintextShape::from(&plaintext)).err(),
        ];
        for refused in results {
            let refused = refused.expect("nothing was declared");
            let text = format!("{refused} {refused:?}");
            assert!(matches!(refused, CkksError::MessageTooLarge { bound: UNDECLARED_MESSAGE_BOUND, .. }));
            assert!(text.contains("with_message_bound"), "{text}");
            assert!(!text.contains("423") && !text.contains("1.001"), "{text}");
        }
        // As an operand in the clear it is as good as any.
        let (x, none) = (kit.encrypt(&[Complex64::ONE], 2), EvaluationKeys::none());
        assert!(Evaluator::new(&kit.context, &none).mul_plain(&x, &plaintext).is_ok());
    }
}

#[test]
fn a_dry_run_says_what_encryption_says() {
    let kit = kit();
    let dry = DryRun::new(kit.context.parameters());
    let packing = Packing { slots: 4, ..kit.encoder.packing() };
    let empty = Plaintext::empty(&kit.context).unwrap();
    let encoded = kit.encoder.encode_with(&[0.25, 1.0], &packing).unwrap();
    let declared = encoded.clone().with_message_size(8.0, 3.0).unwrap();
    for plaintext in [empty, encoded, declared] {
        let shape = dry.encrypt_public(&PlaintextShape::from(&plaintext)).unwrap();
        assert_eq!(CiphertextShape::from(&kit.encrypt_plain(&plaintext, 1)), shape);
        let owner = Encryptor::new(&kit.context, &kit.secret).encrypt(&plaintext, &mut rng(1)).unwrap();
        let shape = dry.encrypt_symmetric(&PlaintextShape::from(&plaintext)).unwrap();
        assert_eq!(CiphertextShape::from(&owner), shape);
    }
    // The shapes that start a circuit: nothing declared, and a bound declared.
    let undeclared = kit.encoder.encode(&[0.25]).unwrap();
    let fresh = CiphertextShape::from(&kit.encrypt_plain(&undeclared, 1));
    assert_eq!(dry.input(UNDECLARED_MESSAGE_BOUND), fresh);
    let eight = undeclared.with_message_bound(8.0).unwrap();
    assert_eq!(dry.input(8.0), CiphertextShape::from(&kit.encrypt_plain(&eight, 1)));
}

/// What a ciphertext said in the clear, the encryption of its decryption says again: noise included.
#[test]
fn an_encrypted_decryption_keeps_the_tracked_size() {
    let kit = kit();
    let x = kit.encrypt_within(&[Complex64::new(5.0, 0.0)], 8.0, 1);
    let plaintext = Decryptor::new(&kit.context, &kit.secret).decrypt(&x).unwrap();
    let again = kit.encrypt_plain(&plaintext, 2);
    assert_eq!(again.message_bound(), 8.0);
    assert!(again.noise_bound() > x.noise_bound());
    let again = kit.encrypt_plain(&plaintext.with_message_bound(16.0).unwrap(), 2);
    assert_eq!(again.message_bound(), 16.0);
    assert!(again.noise_bound() > x.noise_bound());
}
