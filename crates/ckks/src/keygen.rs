//! Making keys.

use rand_core::CryptoRng;
use ring_math::{
    Ntt, RnsPoly, parallel,
    sample::{self, SEED_BYTES, SeedExpander},
};
use zeroize::Zeroize;

use crate::{
    context::Context,
    error::CkksError,
    keys::{
        EvaluationKeys, GaloisElement, GaloisKey, KeyRequest, PublicKey, RelinearizationKey, SecretKey,
        SwitchingKey,
    },
    keyswitch::by_construction,
    scale::Level,
    seeds,
};

/// A polynomial that is wiped when dropped.
struct Wiped(RnsPoly<Ntt>);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Makes keys with a generator of the caller's: the same generator state gives the same keys.
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
    /// [`CkksError::ContextMismatch`], [`CkksError::NoSuchLevel`] for a level the parameters do not have.
    pub fn evaluation_keys(
        &mut self,
        secret: &SecretKey,
        request: &KeyRequest,
    ) -> Result<EvaluationKeys, CkksError> {
        secret.check("evaluation keys", &self.context)?;
        let (relinearization, galois) = request.resolve(self.context.parameters())?;
        let relinearization =
            relinearization.map(|level| self.relinearization_key(secret, level)).transpose()?;
        let galois = galois
            .into_iter()
            .map(|(element, level)| Ok((element, self.galois_key(secret, element, level)?)))
            .collect::<Result<_, CkksError>>()?;
        Ok(EvaluationKeys { relinearization, galois })
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
        let key = self.encrypt_under(&image, &old, level)?;
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
        self.encrypt_under(&minus_secret, message, level)
    }

    /// The switching key for `message`, over the Q of `level`, under the negative of `minus_secret`, over all primes.
    fn encrypt_under(
        &mut self,
        minus_secret: &Wiped,
        message: &Wiped,
        level: Level,
    ) -> Result<SwitchingKey, CkksError> {
        let context = self.context.clone();
        let tables = context.tables("switching key", level)?;
        let (q_len, top_q_len) = (tables.q.len(), context.top().q.len());
        let n = tables.q.n();
        let seed = self.seed();
        let expander = SeedExpander::new(&seed);
        // Errors are far smaller than half the largest prime, so that their residues modulo it say all.
        let largest = (0..tables.qp.len()).max_by_key(|&i| tables.qp.modulus(i).value()).unwrap_or_default();
        let carrier = tables.qp.slice(largest..largest + 1)?;
        let mut error = Wiped(RnsPoly::zero(&carrier));
        let mut digits = Vec::with_capacity(tables.digits.len());
        for (j, digit) in tables.digits.iter().enumerate() {
            let (mut body, mut mask) = (RnsPoly::zero(&tables.qp), RnsPoly::zero(&tables.qp));
            sample::cbd_words(&carrier, error.0.words_mut(), self.rng)?;
            let error = error.0.words();
            parallel::for_each_limb_pair(body.words_mut(), mask.words_mut(), n, |i, body, mask| {
                let ring = tables.qp.ring(i);
                let secret = minus_secret.0.limb(if i < q_len { i } else { top_q_len + i - q_len });
                expander.expand_limb(seeds::switching_key(j), ring.modulus(), mask);
                by_construction(ring.lift_centred(body, error, carrier.modulus(0)));
                by_construction(ring.forward(body));
                by_construction(ring.mul_add_assign(body, mask, secret));
                if digit.range.contains(&i) {
                    let message = message.0.limb(i);
                    by_construction(ring.mul_scalar_add_assign(body, message, &tables.p_residues[i]));
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
