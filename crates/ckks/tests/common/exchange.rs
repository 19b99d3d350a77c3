//! Ciphertexts of OpenFHE, as `scripts/interop/openfhe_interop.py` writes them: decrypted here, computed on here, and the
//! results in OpenFHE's order of words.

use std::collections::BTreeMap;

use ckks::{
    Ciphertext, CiphertextWords, Complex64, Context, Decryptor, Encoder, Evaluator, KeyGenerator, KeyRequest,
    Level, Noise, ParameterSpec, Scale, SecretKey, params::LevelSpec,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use ring_math::{Modulus, primitive_root};
use serde::{Deserialize, Serialize};

/// The result type of everything here.
pub type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// The smallest ring degree, as a logarithm, for which parameters are secure.
const SECURE_LOG_N: u32 = 10;

/// How far the results rotate.
const STEPS: i64 = 3;

/// Standard deviation of OpenFHE's errors.
const OPENFHE_SIGMA: f64 = 3.19;

/// A ciphertext as numbers: polynomials, limbs, words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Foreign {
    pub scale: f64,
    pub parts: Vec<Vec<Vec<u64>>>,
}

/// One of our results, and the values it should have or was found to have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Computed {
    #[serde(flatten)]
    pub ciphertext: Foreign,
    pub values: Vec<[f64; 2]>,
}

/// What OpenFHE hands over.
#[derive(Debug, Deserialize)]
pub struct Vectors {
    pub about: String,
    pub ring_degree: usize,
    pub log_scale: u32,
    pub moduli: Vec<u64>,
    /// The 2N-th root of unity that OpenFHE takes for each modulus.
    pub roots: Vec<u64>,
    pub secret: Vec<Vec<u64>>,
    pub values: BTreeMap<String, Vec<[f64; 2]>>,
    pub ciphertexts: BTreeMap<String, Foreign>,
    /// Our results when the vectors were made, with what OpenFHE decrypted them to.
    #[serde(default)]
    pub results: BTreeMap<String, Computed>,
}

/// What we hand back.
#[derive(Debug, Serialize)]
pub struct Results {
    /// Largest error of each ciphertext that was decrypted here.
    pub errors: BTreeMap<String, f64>,
    /// Ciphertexts for OpenFHE to decrypt, with the values they should have.
    pub results: BTreeMap<String, Computed>,
}

fn bit_reverse(i: usize, bits: u32) -> usize {
    i.reverse_bits() >> (usize::BITS - bits)
}

/// For each place in a limb of OpenFHE's the place of the same value in a limb of ours: theirs is at psi'^(2 brv(i) + 1),
/// ours at psi^(2 brv(i) + 1), and psi' is an odd power of psi.
fn places(modulus: u64, root: u64, log_n: u32) -> Fallible<Vec<usize>> {
    let (modulus, two_n) = (Modulus::new(modulus)?, 2usize << log_n);
    let psi = primitive_root(&modulus, log_n)?;
    let mut power = 1;
    let mut exponent = None;
    for k in 0..two_n {
        if power == root {
            exponent = Some(k);
        }
        power = modulus.mul(power, psi);
    }
    let exponent = exponent.ok_or("OpenFHE's root is no 2N-th root of unity")?;
    let place = |i| bit_reverse(exponent * (2 * bit_reverse(i, log_n) + 1) % two_n / 2, log_n);
    Ok((0..1 << log_n).map(place).collect())
}

/// Both sides' tables.
struct Exchange {
    context: Context,
    secret: SecretKey,
    /// For each prime of Q, see [`places`].
    places: Vec<Vec<usize>>,
}

impl Exchange {
    fn new(vectors: &Vectors) -> Fallible<Self> {
        let log_n = vectors.ring_degree.ilog2();
        let (base, upper) = vectors.moduli.split_first().ok_or("no moduli")?;
        let base = LevelSpec::new(base.ilog2() + 1).primes([*base]);
        let upper = upper.iter().map(|&prime| LevelSpec::new(vectors.log_scale).primes([prime]));
        let spec = ParameterSpec::new(log_n)
            .levels(std::iter::once(base).chain(upper))
            .log_scale(vectors.log_scale)
            .dnum(vectors.moduli.len());
        let spec = if log_n < SECURE_LOG_N { spec.allow_insecure() } else { spec };
        let context = Context::new(&spec.check()?)?;
        let places = vectors.moduli.iter().zip(&vectors.roots).map(|(&q, &root)| places(q, root, log_n));
        let places = places.collect::<Fallible<Vec<_>>>()?;
        let basis = context.q_basis(Level(0))?;
        let mut limb = ours(vectors.secret.first().ok_or("no secret")?, &places[0])?;
        basis.ring(0).inverse(&mut limb)?;
        let coefficients = limb.iter().map(|&word| i8::try_from(basis.modulus(0).centre(word)));
        let coefficients: Vec<i8> = coefficients.collect::<Result<_, _>>()?;
        let secret = SecretKey::from_ternary_coefficients(&context, &coefficients)?;
        Ok(Self { context, secret, places })
    }

    /// Takes a ciphertext over.
    fn import(&self, foreign: &Foreign) -> Fallible<Ciphertext> {
        let parts = foreign.parts.iter().map(|limbs| {
            let limbs = limbs.iter().zip(&self.places).map(|(limb, places)| ours(limb, places));
            Ok(limbs.collect::<Fallible<Vec<_>>>()?.concat())
        });
        let parts = parts.collect::<Fallible<Vec<Vec<u64>>>>()?;
        let parts: Vec<&[u64]> = parts.iter().map(Vec::as_slice).collect();
        let limbs = foreign.parts.first().map_or(0, Vec::len);
        let n = self.context.n() as f64;
        // Textbook encryption: a ternary polynomial times an error, an error times the secret, and an error.
        let std = OPENFHE_SIGMA * (4.0 * n / 3.0 + 1.0).sqrt();
        Ok(Ciphertext::from_words(
            &self.context,
            &CiphertextWords {
                level: Level(limbs.checked_sub(1).ok_or("no limbs")?),
                scale: Scale::new(foreign.scale)?,
                slots: self.context.max_slots(),
                noise: Noise::new(std, std * n, 1.0, 1.0)?,
                parts: &parts,
            },
        )?)
    }

    /// Hands a ciphertext over.
    fn export(&self, ciphertext: &Ciphertext) -> Foreign {
        let parts = ciphertext.parts().iter().map(|part| {
            let limbs = (0..part.len()).zip(&self.places);
            limbs.map(|(i, places)| places.iter().map(|&at| part.limb(i)[at]).collect()).collect()
        });
        Foreign { scale: ciphertext.scale().to_f64(), parts: parts.collect() }
    }

    fn decrypt(&self, ciphertext: &Ciphertext) -> Fallible<Vec<Complex64>> {
        let plaintext = Decryptor::new(&self.context, &self.secret).decrypt(ciphertext)?;
        Ok(Encoder::new(&self.context).decode_complex(&plaintext)?)
    }
}

/// A limb in our order.
fn ours(theirs: &[u64], places: &[usize]) -> Fallible<Vec<u64>> {
    if theirs.len() != places.len() {
        return Err("a limb of another length than the ring degree".into());
    }
    let mut limb = vec![0; places.len()];
    for (&word, &place) in theirs.iter().zip(places) {
        limb[place] = word;
    }
    Ok(limb)
}

pub fn complex(values: &[[f64; 2]]) -> Vec<Complex64> {
    values.iter().map(|&[re, im]| Complex64::new(re, im)).collect()
}

/// Largest distance.
pub fn worst(found: &[Complex64], expected: &[Complex64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(a, b)| (a - b).norm()).fold(0.0, f64::max)
}

/// Decrypts what OpenFHE made and computes on it.
pub fn run(vectors: &Vectors) -> Fallible<Results> {
    let exchange = Exchange::new(vectors)?;
    let named =
        |name: &str| vectors.values.get(name).map(|values| complex(values)).ok_or("values are missing");
    let (x, y) = (named("x")?, named("y")?);
    let product: Vec<_> = x.iter().zip(&y).map(|(a, b)| a * b).collect();
    let import =
        |name: &str| exchange.import(vectors.ciphertexts.get(name).ok_or("a ciphertext is missing")?);
    let mut errors = BTreeMap::new();
    for (name, expected) in [("x", &x), ("y", &y), ("x_times_y", &product)] {
        errors.insert(format!("OpenFHE's {name}"), worst(&exchange.decrypt(&import(name)?)?, expected));
    }

    // The same keys in every run, so that results can be compared word by word. Keys for real data need real randomness.
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let request = KeyRequest::new().relinearization().conjugation().rotations([STEPS]);
    let keys = KeyGenerator::new(&exchange.context, &mut rng).evaluation_keys(&exchange.secret, &request)?;
    let evaluator = Evaluator::new(&exchange.context, &keys);
    let (cx, cy) = (import("x")?, import("y")?);
    let c_product = evaluator.mul_rescale(&cx, &cy)?;
    let rotated = |values: &[Complex64]| {
        let mut values = values.to_vec();
        values.rotate_left(STEPS as usize);
        values
    };
    let computed = [
        ("sum", evaluator.add(&cx, &cy)?, x.iter().zip(&y).map(|(a, b)| a + b).collect()),
        ("product", c_product.clone(), product.clone()),
        ("rotated product", evaluator.rotate(&c_product, STEPS)?, rotated(&product)),
        ("conjugated x", evaluator.conjugate(&cx)?, x.iter().map(Complex64::conj).collect()),
        (
            "squared product",
            evaluator.mul_rescale(&c_product, &c_product)?,
            product.iter().map(|a| a * a).collect::<Vec<_>>(),
        ),
    ];
    let mut results = BTreeMap::new();
    for (name, ciphertext, expected) in computed {
        errors.insert(format!("our {name}"), worst(&exchange.decrypt(&ciphertext)?, &expected));
        let values = expected.iter().map(|value| [value.re, value.im]).collect();
        results.insert(name.to_owned(), Computed { ciphertext: exchange.export(&ciphertext), values });
    }
    Ok(Results { errors, results })
}
