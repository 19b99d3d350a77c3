//! Making keys.

use std::ops::Range;

use rand_core::CryptoRng;
use ring_math::{
    Ntt, PreparedScalar, RnsBasis, RnsPoly, parallel,
    sample::{self, SEED_BYTES, SeedExpander},
};
use zeroize::Zeroize;

use crate::{
    context::{Context, LevelTables},
    error::CkksError,
    keys::{
        Encapsulation, EncapsulationKey, EvaluationKeys, GaloisElement, GaloisKey, KeyRequest, PublicKey,
        RelinearizationKey, SecretKey, SwitchingKey,
    },
    keyswitch::by_construction,
    params::EPHEMERAL_WEIGHT,
    scale::Level,
    seeds,
};

/// What a switching key is an encryption of, besides a secret: the factor P g_j of each digit.
struct Gadget<'a> {
    /// Primes of Q, then special primes.
    qp: &'a RnsBasis,
    /// How many of them are primes of Q.
    q_len: usize,
    /// The digits, as ranges of the primes of Q.
    digits: Vec<Range<usize>>,
    /// The product of the special primes modulo each prime of Q.
    factors: &'a [PreparedScalar],
}

impl<'a> Gadget<'a> {
    fn of(tables: &'a LevelTables) -> Self {
        let digits = tables.digits.iter().map(|digit| digit.range.clone()).collect();
        Self { qp: &tables.qp, q_len: tables.q.len(), digits, factors: &tables.p_residues }
    }
}

/// The first `len` limbs of a secret, over as many primes of `basis`.
fn prefix(secret: &RnsPoly<Ntt>, len: usize, basis: &RnsBasis) -> Result<Wiped, CkksError> {
    let mut out = Wiped(RnsPoly::zero(&basis.slice(0..len)?));
    out.0.words_mut().copy_from_slice(&secret.words()[..basis.n() * len]);
    Ok(out)
}

/// A polynomial that is wiped when dropped.
struct Wiped(RnsPoly<Ntt>);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Makes keys with a generator of the caller's: the same generator state gives the same keys.
///
/// So never take one state twice for two different requests, not even for tests whose keys are kept: the keys share seeds and
/// errors then, and the difference of two of them is a linear equation in the secret without noise.
pub struct KeyGenerator<'a, R> {
    context: Context,
    rng: &'a mut R,
}

impl<'a, R: CryptoRng> KeyGenerator<'a, R> {
    /// A generator of keys for `context`.
    pub fn new(context: &Context, rng: &'a mut R) -> Self {
        Self { context: context.clone(), rng }
    }

    /// A fresh secret key, uniform ternary.
    pub fn secret_key(&mut self) -> SecretKey {
        SecretKey::generate(&self.context, self.rng)
    }

    /// The public key of `secret`.
    ///
    /// # Errors
    /// [`CkksError::ContextMismatch`] for a secret of other parameters, as for every method here.
    pub fn public_key(&mut self, secret: &SecretKey) -> Result<PublicKey, CkksError> {
        secret.check("public key", &self.context)?;
        let context = self.context.clone();
        let basis = &context.top().encryption;
        let seed = self.seed();
        let mask: RnsPoly<Ntt> = SeedExpander::new(&seed).expand(seeds::PUBLIC_KEY, basis);
        let mut body = RnsPoly::zero(basis);
        sample::cbd_words(basis, body.words_mut(), self.rng)?;
        let minus_secret = self.minus(secret);
        let n = basis.n();
        // The limb of p follows those of Q in both bases.
        parallel::for_each_limb(body.words_mut(), n, |i, limb| {
            let ring = basis.ring(i);
            by_construction(ring.forward(limb));
            by_construction(ring.mul_add_assign(limb, mask.limb(i), minus_secret.0.limb(i)));
        });
        Ok(PublicKey { seed, parts: [body, mask] })
    }

    /// The keys that `request` lists, and no others.
    ///
    /// # Errors
    /// [`CkksError::ContextMismatch`], [`CkksError::NoSuchLevel`] for a level the parameters do not have; those of
    /// [`Self::encapsulation_key`] where that one is wanted.
    pub fn evaluation_keys(
        &mut self,
        secret: &SecretKey,
        request: &KeyRequest,
    ) -> Result<EvaluationKeys, CkksError> {
        self.evaluation_keys_with(secret, request, |_, _| {})
    }

    /// As [`Self::evaluation_keys`]; after each key `progress` is told how many are made, and how many there will be.
    ///
    /// # Errors
    /// As [`Self::evaluation_keys`].
    pub fn evaluation_keys_with(
        &mut self,
        secret: &SecretKey,
        request: &KeyRequest,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<EvaluationKeys, CkksError> {
        secret.check("evaluation keys", &self.context)?;
        let wanted = request.resolve(self.context.parameters())?;
        let all = wanted.count();
        let mut keys = EvaluationKeys::none();
        let mut made = 0;
        let mut count = || {
            made += 1;
            progress(made, all);
        };
        if let Some(level) = wanted.relinearization {
            keys.insert_relinearization(self.relinearization_key(secret, level)?);
            count();
        }
        if wanted.encapsulation {
            keys.insert_encapsulation(self.encapsulation_key(secret)?);
            count();
        }
        for (element, level) in wanted.galois {
            let mut key = self.galois_key(secret, element, level)?;
            if wanted.compact {
                key.key.compact()?;
            }
            keys.insert_galois(key);
            count();
        }
        Ok(keys)
    }

    /// The key for multiplications at `level` and below.
    ///
    /// # Errors
    /// As [`Self::evaluation_keys`].
    pub fn relinearization_key(
        &mut self,
        secret: &SecretKey,
        level: Level,
    ) -> Result<RelinearizationKey, CkksError> {
        secret.check("relinearisation key", &self.context)?;
        let q = &self.context.tables("relinearisation key", level)?.q;
        let mut square = Wiped(RnsPoly::zero(q));
        parallel::for_each_limb(square.0.words_mut(), q.n(), |i, limb| {
            let s = secret.values().limb(i);
            by_construction(q.ring(i).mul_into(limb, s, s));
        });
        Ok(RelinearizationKey(self.encrypt_secret(secret, &square, level)?))
    }

    /// The key for one map at `level` and below.
    ///
    /// # Errors
    /// As [`Self::evaluation_keys`].
    pub fn galois_key(
        &mut self,
        secret: &SecretKey,
        element: GaloisElement,
        level: Level,
    ) -> Result<GaloisKey, CkksError> {
        secret.check("Galois key", &self.context)?;
        let log_n = self.context.log_n();
        let inverse = ring_math::Automorphism::new(element.inverse(log_n).value(), log_n)?;
        let context = self.context.clone();
        let tables = context.tables("Galois key", level)?;
        // Under the image of s, the old s is encrypted: the map comes after the switch and turns the image into s.
        let mut image = Wiped(RnsPoly::zero(&context.top().qp));
        secret.values().automorphism_into(&mut image.0, &inverse)?;
        let mut old = Wiped(RnsPoly::zero(&tables.q));
        old.0.words_mut().copy_from_slice(&secret.values().words()[..tables.q.n() * tables.q.len()]);
        image.0.neg_assign();
        let key = self.encrypt_under(&image, &old, level, &Gadget::of(tables))?;
        GaloisKey::new(element, log_n, key)
    }

    /// A key that carries ciphertexts under `from` to ciphertexts under `to`, at `level` and below.
    ///
    /// # Errors
    /// As [`Self::evaluation_keys`].
    pub fn switching_key(
        &mut self,
        from: &SecretKey,
        to: &SecretKey,
        level: Level,
    ) -> Result<SwitchingKey, CkksError> {
        from.check("switching key", &self.context)?;
        to.check("switching key", &self.context)?;
        let q = &self.context.tables("switching key", level)?.q;
        let mut old = Wiped(RnsPoly::zero(q));
        old.0.words_mut().copy_from_slice(&from.values().words()[..q.n() * q.len()]);
        self.encrypt_secret(to, &old, level)
    }

    fn encrypt_secret(
        &mut self,
        under: &SecretKey,
        message: &Wiped,
        level: Level,
    ) -> Result<SwitchingKey, CkksError> {
        let minus_secret = self.minus(under);
        let context = self.context.clone();
        self.encrypt_under(
            &minus_secret,
            message,
            level,
            &Gadget::of(context.tables("switching key", level)?),
        )
    }

    /// The keys of sparse-secret encapsulation, for an ephemeral secret that is drawn here and wiped.
    ///
    /// # Errors
    /// As [`Self::evaluation_keys`]; [`CkksError::Insecure`] where the ephemeral secret would not be secure, see
    /// [`crate::Parameters::check_encapsulation`].
    pub fn encapsulation_key(&mut self, secret: &SecretKey) -> Result<EncapsulationKey, CkksError> {
        secret.check("encapsulation key", &self.context)?;
        let context = self.context.clone();
        context.parameters().check_encapsulation()?;
        let encapsulation = Encapsulation::new(&context)?;
        let mut sparse = RnsPoly::zero(&context.top().qp);
        let weight = EPHEMERAL_WEIGHT.min(context.n() as u32 / 2) as usize;
        sample::ternary_of_weight_into(&mut sparse, weight, self.rng)?;
        let sparse = Wiped(sparse.into_ntt());
        let mut minus_sparse = Wiped(sparse.0.clone());
        minus_sparse.0.neg_assign();
        let minus_secret = self.minus(secret);
        let base = Gadget::of(&encapsulation.base);
        let to_sparse = self.encrypt_under(
            &minus_sparse,
            &prefix(secret.values(), base.q_len, base.qp)?,
            Level(0),
            &base,
        )?;
        let q_len = context.top().q.len();
        let special = encapsulation.top.slice(q_len..encapsulation.top.len())?;
        let residue = |i: usize| {
            let modulus = encapsulation.top.modulus(i);
            modulus.prepare(special.primes().fold(1, |product, p| modulus.mul(product, modulus.reduce(p))))
        };
        let factors: Vec<PreparedScalar> = (0..q_len).map(residue).collect();
        let top = Gadget {
            qp: &encapsulation.top,
            q_len,
            digits: std::iter::once(0..q_len).collect(),
            factors: &factors,
        };
        let to_dense =
            self.encrypt_under(&minus_secret, &prefix(&sparse.0, q_len, top.qp)?, context.max_level(), &top)?;
        Ok(EncapsulationKey { to_sparse, to_dense })
    }

    /// The switching key for `message`, over the primes of Q of `gadget`, under the negative of `minus_secret`, over all
    /// primes.
    fn encrypt_under(
        &mut self,
        minus_secret: &Wiped,
        message: &Wiped,
        level: Level,
        gadget: &Gadget<'_>,
    ) -> Result<SwitchingKey, CkksError> {
        let (qp, q_len, top_q_len) = (gadget.qp, gadget.q_len, self.context.top().q.len());
        let n = qp.n();
        let seed = self.seed();
        let expander = SeedExpander::new(&seed);
        // Errors are far smaller than half the largest prime, so that their residues modulo it say all.
        let largest = (0..qp.len()).max_by_key(|&i| qp.modulus(i).value()).unwrap_or_default();
        let carrier = qp.slice(largest..largest + 1)?;
        let mut error = Wiped(RnsPoly::zero(&carrier));
        let mut digits = Vec::with_capacity(gadget.digits.len());
        for (j, digit) in gadget.digits.iter().enumerate() {
            let (mut body, mut mask) = (RnsPoly::zero(qp), RnsPoly::zero(qp));
            sample::cbd_words(&carrier, error.0.words_mut(), self.rng)?;
            let error = error.0.words();
            parallel::for_each_limb_pair(body.words_mut(), mask.words_mut(), n, |i, body, mask| {
                let ring = qp.ring(i);
                let secret = minus_secret.0.limb(if i < q_len { i } else { top_q_len + i - q_len });
                expander.expand_limb(seeds::switching_key(j), ring.modulus(), mask);
                by_construction(ring.lift_centred(body, error, carrier.modulus(0)));
                by_construction(ring.forward(body));
                by_construction(ring.mul_add_assign(body, mask, secret));
                if digit.contains(&i) {
                    let message = message.0.limb(i);
                    by_construction(ring.mul_scalar_add_assign(body, message, &gadget.factors[i]));
                }
            });
            digits.push([body, mask]);
        }
        Ok(SwitchingKey { level, q_len, seed, digits })
    }

    fn minus(&self, secret: &SecretKey) -> Wiped {
        let mut minus = Wiped(secret.values().clone());
        minus.0.neg_assign();
        minus
    }

    fn seed(&mut self) -> [u8; SEED_BYTES] {
        let mut seed = [0; SEED_BYTES];
        self.rng.fill_bytes(&mut seed);
        seed
    }
}

/// Shows the context only.
impl<R> std::fmt::Debug for KeyGenerator<'_, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyGenerator({:?})", self.context)
    }
}
