//! Encryption, with the public key or with the secret.

use rand_core::CryptoRng;
use ring_math::{
    Ntt, RnsPoly, Scratch, parallel,
    sample::{self, SEED_BYTES, SeedExpander},
};

use zeroize::Zeroize;

use crate::{
    ciphertext::{Ciphertext, Parts},
    context::{Context, LevelTables},
    error::CkksError,
    keys::{PublicKey, SecretKey},
    keyswitch::by_construction,
    plaintext::Plaintext,
    scale::{Level, Scale},
    seeds,
};

/// What an [`Encryptor`] encrypts with.
#[derive(Clone, Copy, Debug)]
pub enum EncryptionKey<'a> {
    /// Anybody can encrypt.
    Public(&'a PublicKey),
    /// Only the owner can; less noise, and half of the ciphertext comes from a seed.
    Secret(&'a SecretKey),
}

impl<'a> From<&'a PublicKey> for EncryptionKey<'a> {
    fn from(key: &'a PublicKey) -> Self {
        Self::Public(key)
    }
}

impl<'a> From<&'a SecretKey> for EncryptionKey<'a> {
    fn from(key: &'a SecretKey) -> Self {
        Self::Secret(key)
    }
}

/// Encrypts plaintexts of one context under one key.
#[derive(Clone, Debug)]
pub struct Encryptor<'a> {
    context: Context,
    key: EncryptionKey<'a>,
}

/// Work space of an [`Encryptor`]; it grows once and is wiped after each encryption, and when dropped.
#[derive(Debug, Default)]
pub struct EncryptionSpace(Scratch);

impl EncryptionSpace {
    /// Empty work space.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// A ciphertext of the owner's with a seed in place of its random half: half the bytes.
#[derive(Clone)]
pub struct SeededCiphertext {
    pub(crate) body: RnsPoly<Ntt>,
    pub(crate) seed: [u8; SEED_BYTES],
    /// Metadata, with no polynomials.
    pub(crate) shell: Ciphertext,
}

impl SeededCiphertext {
    /// The half that is not random.
    #[must_use]
    pub fn body(&self) -> &RnsPoly<Ntt> {
        &self.body
    }

    /// The public seed of the random half.
    #[must_use]
    pub fn seed(&self) -> &[u8; SEED_BYTES] {
        &self.seed
    }

    /// The level.
    #[must_use]
    pub fn level(&self) -> Level {
        self.shell.level
    }

    /// The scale.
    #[must_use]
    pub fn scale(&self) -> Scale {
        self.shell.scale
    }

    /// Bytes of its polynomial and its seed; fewer are stored ([`crate::serialize::Stored::stored_bytes`]).
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        8 * self.body.words().len() as u64 + SEED_BYTES as u64
    }

    /// The ciphertext to compute with.
    #[must_use]
    pub fn expand(&self) -> Ciphertext {
        let mask = SeedExpander::new(&self.seed).expand(seeds::CIPHERTEXT, self.body.basis());
        Ciphertext { parts: vec![self.body.clone(), mask].into(), ..self.shell.clone() }
    }
}

/// Shows the shape.
impl std::fmt::Debug for SeededCiphertext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SeededCiphertext(level {}, scale {})", self.shell.level, self.shell.scale)
    }
}

impl<'a> Encryptor<'a> {
    /// An encryptor with `key`, a public or a secret one.
    #[must_use]
    pub fn new(context: &Context, key: impl Into<EncryptionKey<'a>>) -> Self {
        Self { context: context.clone(), key: key.into() }
    }

    /// Encrypts `plaintext` at its level.
    ///
    /// Level, scale, number of slots, noise and size of the message stand in the clear in the ciphertext; none of them
    /// depends on the values. The size is the one declared by [`Plaintext::with_message_bound`] or
    /// [`Plaintext::with_message_size`], and [`crate::UNDECLARED_MESSAGE_BOUND`] where none was.
    ///
    /// # Errors
    /// [`CkksError::MessageTooLarge`] for values above 1 of which no bound was declared, [`CkksError::ContextMismatch`].
    pub fn encrypt(&self, plaintext: &Plaintext, rng: &mut impl CryptoRng) -> Result<Ciphertext, CkksError> {
        let mut out = Ciphertext::empty(&self.context)?;
        self.encrypt_into(&mut out, plaintext, rng, &mut EncryptionSpace::new())?;
        Ok(out)
    }

    /// Encrypts `plaintext` to `out`.
    ///
    /// # Errors
    /// As [`Self::encrypt`].
    pub fn encrypt_into(
        &self,
        out: &mut Ciphertext,
        plaintext: &Plaintext,
        rng: &mut impl CryptoRng,
        space: &mut EncryptionSpace,
    ) -> Result<(), CkksError> {
        let op = "encryption";
        plaintext.check(op, &self.context)?;
        let tables = self.context.tables(op, plaintext.level())?;
        let noise = plaintext.source.in_the_clear(op, &plaintext.noise, self.context.n())?;
        out.reshape(&tables.q, 2);
        let added = match self.key {
            EncryptionKey::Public(key) => {
                if key.parts[0].basis() != &self.context.top().encryption {
                    return Err(CkksError::ContextMismatch { op });
                }
                let words = space.0.words(public_words(tables));
                let written = encrypt_public(tables, key, plaintext, out, rng, words);
                // Whoever knows the ephemeral reads the message.
                words.zeroize();
                written?;
                tables.noise.public
            }
            EncryptionKey::Secret(secret) => {
                secret.check(op, &self.context)?;
                let seed = draw_seed(rng);
                let [body, mask] = out.pair_mut();
                SeedExpander::new(&seed).expand_words(seeds::CIPHERTEXT, &tables.q, mask)?;
                encrypt_secret(tables, secret, plaintext, (body, mask), rng)?;
                tables.noise.symmetric
            }
        };
        (out.level, out.scale, out.slots) = (plaintext.level(), plaintext.scale(), plaintext.slots());
        out.noise = noise.plus(added);
        Ok(())
    }

    /// Encrypts with the secret key to a ciphertext of half the size.
    ///
    /// # Errors
    /// [`CkksError::MissingKey`] for an encryptor with a public key; otherwise as [`Self::encrypt`].
    pub fn encrypt_seeded(
        &self,
        plaintext: &Plaintext,
        rng: &mut impl CryptoRng,
    ) -> Result<SeededCiphertext, CkksError> {
        let op = "seeded encryption";
        plaintext.check(op, &self.context)?;
        let EncryptionKey::Secret(secret) = self.key else {
            return Err(CkksError::MissingKey { op, kind: "secret key".to_owned() });
        };
        secret.check(op, &self.context)?;
        let tables = self.context.tables(op, plaintext.level())?;
        let noise = plaintext.source.in_the_clear(op, &plaintext.noise, self.context.n())?;
        let seed = draw_seed(rng);
        let mask: RnsPoly<Ntt> = SeedExpander::new(&seed).expand(seeds::CIPHERTEXT, &tables.q);
        let mut body = RnsPoly::zero(&tables.q);
        encrypt_secret(tables, secret, plaintext, (body.words_mut(), mask.words()), rng)?;
        let shell = Ciphertext {
            parts: Parts::default(),
            level: plaintext.level(),
            scale: plaintext.scale(),
            slots: plaintext.slots(),
            noise: noise.plus(tables.noise.symmetric),
        };
        Ok(SeededCiphertext { body, seed, shell })
    }
}

fn draw_seed(rng: &mut impl CryptoRng) -> [u8; SEED_BYTES] {
    let mut seed = [0; SEED_BYTES];
    rng.fill_bytes(&mut seed);
    seed
}

/// body = m + e - mask * s, over the primes of Q.
fn encrypt_secret(
    tables: &LevelTables,
    secret: &SecretKey,
    plaintext: &Plaintext,
    (body, mask): (&mut [u64], &[u64]),
    rng: &mut impl CryptoRng,
) -> Result<(), CkksError> {
    let n = tables.q.n();
    sample::cbd_words(&tables.q, body, rng)?;
    parallel::for_each_limb(body, n, |i, limb| {
        let ring = tables.q.ring(i);
        by_construction(ring.forward(limb));
        by_construction(ring.add_assign(limb, plaintext.poly().limb(i)));
        // -(mask s) + x = -(mask s - x)
        by_construction(ring.neg_assign(limb));
        by_construction(ring.mul_add_assign(limb, &mask[n * i..n * (i + 1)], secret.values().limb(i)));
        by_construction(ring.neg_assign(limb));
    });
    Ok(())
}

/// Words that [`encrypt_public`] works in.
fn public_words(tables: &LevelTables) -> usize {
    let basis = &tables.encryption;
    basis.n() * (3 * basis.len() + 2 + 2 * parallel::work_spaces())
}

/// (v b + e_0, v a + e_1) over Qp, divided by p, plus the message. Only the quotient's limbs and the remainder's are
/// computed: with y = [v b + e_0]_p centred, the result is (v b - (y - e_0)) / p, which takes one transform for y - e_0.
fn encrypt_public(
    tables: &LevelTables,
    key: &PublicKey,
    plaintext: &Plaintext,
    out: &mut Ciphertext,
    rng: &mut impl CryptoRng,
    words: &mut [u64],
) -> Result<(), CkksError> {
    let basis = &tables.encryption;
    let (n, q_len) = (basis.n(), tables.q.len());
    let poly_words = n * basis.len();
    let space_words = 2 * n;
    let (ephemeral, rest) = words.split_at_mut(poly_words);
    let (error0, rest) = rest.split_at_mut(poly_words);
    let (error1, rest) = rest.split_at_mut(poly_words);
    let (remainders, spaces) = rest.split_at_mut(2 * n);
    sample::ternary_words(basis, ephemeral, rng)?;
    sample::cbd_words(basis, error0, rng)?;
    sample::cbd_words(basis, error1, rng)?;
    let errors = [&*error0, &*error1];
    let last = n * q_len..n * (q_len + 1);
    let p = basis.ring(q_len);
    by_construction(p.forward(&mut ephemeral[last.clone()]));
    for (part, remainder) in remainders.chunks_exact_mut(n).enumerate() {
        let key_limb = key.parts[part].limb(key.parts[part].len() - 1);
        by_construction(p.mul_into(remainder, &ephemeral[last.clone()], key_limb));
        by_construction(p.inverse(remainder));
        by_construction(p.add_assign(remainder, &errors[part][last.clone()]));
    }
    let (ephemeral, remainders) = (&*ephemeral, &*remainders);
    let [out0, out1] = out.pair_mut();
    parallel::for_each_limb_pair_with(out0, out1, n, (spaces, space_words), |i, limb0, limb1, space| {
        let ring = tables.q.ring(i);
        let (values, lifted) = space.split_at_mut(n);
        values.copy_from_slice(&ephemeral[n * i..n * (i + 1)]);
        by_construction(ring.forward(values));
        for (part, limb) in [limb0, limb1].into_iter().enumerate() {
            by_construction(ring.lift_centred(lifted, &remainders[n * part..n * (part + 1)], p.modulus()));
            by_construction(ring.sub_assign(lifted, &errors[part][n * i..n * (i + 1)]));
            by_construction(ring.forward_unreduced(lifted));
            by_construction(ring.mul_into(limb, values, key.parts[part].limb(i)));
            by_construction(ring.sub_mul_scalar_assign(limb, lifted, &tables.first_p_inverses[i]));
            if part == 0 {
                by_construction(ring.add_assign(limb, plaintext.poly().limb(i)));
            }
        }
    });
    Ok(())
}
