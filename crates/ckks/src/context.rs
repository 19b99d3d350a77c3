//! Everything that is computed once from the parameters.

use std::{ops::Range, sync::Arc};

use ring_math::{BasisConverter, Kernel, MAX_TERMS, PreparedScalar, Rescaler, RnsBasis};

use crate::{
    encoder::fft::SlotTransform,
    error::CkksError,
    eval::WorkspacePool,
    noise::LevelNoise,
    params::Parameters,
    scale::{Level, Scale},
};

/// The tables of one parameter set: rings, conversions and divisions for every level. Cheap to clone; all clones share
/// the tables.
///
/// Limbs are ordered base prime first; the special primes P follow the primes of Q that are alive at a level.
///
/// ```
/// use ckks::{Context, Level, ParameterSpec};
/// let parameters = ParameterSpec::new(12).log_q0(34).log_scale(28).depth(1).check()?;
/// let context = Context::new(&parameters)?;
/// assert_eq!(context.n(), 4096);
/// assert_eq!(context.q_basis(Level(0))?.len(), 1);
/// # Ok::<(), ckks::CkksError>(())
/// ```
#[derive(Clone)]
pub struct Context(Arc<Tables>);

struct Tables {
    parameters: Parameters,
    fingerprint: [u8; 32],
    kernel: Kernel,
    p_basis: RnsBasis,
    levels: Vec<LevelTables>,
    slot_transform: Arc<SlotTransform>,
    work_spaces: WorkspacePool,
}

/// What operations at one level need.
pub(crate) struct LevelTables {
    /// The primes of Q that are alive.
    pub(crate) q: RnsBasis,
    /// The same, followed by the special primes.
    pub(crate) qp: RnsBasis,
    /// The digits of the key switch.
    pub(crate) digits: Vec<DigitTables>,
    /// QP to Q.
    pub(crate) mod_down: Rescaler,
    /// QP to the Q of the level below: the end of a key switch and a rescaling in one. `None` at level 0.
    pub(crate) mod_down_rescale: Option<Rescaler>,
    /// Q to the Q of the level below. `None` at level 0.
    pub(crate) rescale: Option<Rescaler>,
    /// Q and the first special prime p: where public-key encryption happens.
    pub(crate) encryption: RnsBasis,
    /// p^-1 modulo each prime of Q.
    pub(crate) first_p_inverses: Vec<PreparedScalar>,
    /// P modulo each prime of Q.
    pub(crate) p_residues: Vec<PreparedScalar>,
    /// What each operation adds to the noise.
    pub(crate) noise: LevelNoise,
}

/// One digit of the key switch: a run of primes of Q.
pub(crate) struct DigitTables {
    /// Its limbs.
    pub(crate) range: Range<usize>,
    /// From its primes to all others of QP, in order; `None` for a digit of one prime, whose lift needs no table.
    pub(crate) converter: Option<BasisConverter>,
}

impl DigitTables {
    /// Index among the converter's targets of limb `i` of QP, which is not one of the digit's own.
    pub(crate) fn target(&self, i: usize) -> usize {
        if i < self.range.start { i } else { i - self.range.len() }
    }
}

impl Context {
    /// Builds all tables, for the kernel of [`Kernel::select`].
    ///
    /// # Errors
    /// [`CkksError::Ring`] when the environment forces a kernel that cannot run here.
    pub fn new(parameters: &Parameters) -> Result<Self, CkksError> {
        Self::with_kernel(parameters, Kernel::select()?)
    }

    /// Builds all tables for a kernel of the caller's choice. Results are the same bytes on every kernel.
    ///
    /// # Errors
    /// [`CkksError::Ring`] when the ring refuses the primes; checked parameters never cause that.
    pub fn with_kernel(parameters: &Parameters, kernel: Kernel) -> Result<Self, CkksError> {
        let log_n = parameters.log_n();
        let q_primes = parameters.q_primes();
        let primes: Vec<u64> = q_primes.iter().chain(parameters.p_primes()).copied().collect();
        let all = RnsBasis::with_kernel(log_n, &primes, kernel)?;
        let p_basis = all.slice(q_primes.len()..primes.len())?;
        let first_p = p_basis.slice(0..1)?;
        let levels = (0..=parameters.max_level().0)
            .map(|l| LevelTables::new(parameters, Level(l), &all, &p_basis, &first_p))
            .collect::<Result<_, CkksError>>()?;
        let fingerprint = parameters.fingerprint();
        let parameters = parameters.clone();
        let slot_transform = Arc::new(SlotTransform::new(log_n));
        let work_spaces = WorkspacePool::default();
        let tables = Tables { parameters, fingerprint, kernel, p_basis, levels, slot_transform, work_spaces };
        Ok(Self(Arc::new(tables)))
    }

    /// Work spaces for operations whose callers bring none.
    pub(crate) fn work_spaces(&self) -> &WorkspacePool {
        &self.0.work_spaces
    }

    /// Gives the memory back that operations without a [`crate::Workspace`] of the caller's have used and that is kept for the
    /// next one: for each of those that ran at once a few polynomials, tens for a refresh at N = 2^16. There is no need to
    /// call it.
    pub fn release_work_space(&self) {
        self.0.work_spaces.clear();
    }

    /// The transform between slots and coefficients.
    pub(crate) fn slot_transform(&self) -> &Arc<SlotTransform> {
        &self.0.slot_transform
    }

    /// The parameters the tables were built from.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.0.parameters
    }

    /// The kernel that was asked for; primes above 50 bits and rings below N = 64 take the portable one regardless.
    #[must_use]
    pub fn kernel(&self) -> Kernel {
        self.0.kernel
    }

    /// The ring degree N.
    #[must_use]
    pub fn n(&self) -> usize {
        self.0.p_basis.n()
    }

    /// log2 of the ring degree.
    #[must_use]
    pub fn log_n(&self) -> u32 {
        self.0.p_basis.log_n()
    }

    /// N/2, the number of complex slots.
    #[must_use]
    pub fn max_slots(&self) -> usize {
        self.n() / 2
    }

    /// The level of fresh ciphertexts.
    #[must_use]
    pub fn max_level(&self) -> Level {
        Level(self.0.levels.len() - 1)
    }

    /// The scale of a fresh ciphertext at `level`.
    ///
    /// # Errors
    /// [`CkksError::NoSuchLevel`].
    pub fn default_scale(&self, level: Level) -> Result<Scale, CkksError> {
        self.tables("default scale", level)?;
        Ok(self.0.parameters.default_scale(level))
    }

    /// The primes of Q that are alive at `level`, base prime first.
    ///
    /// # Errors
    /// [`CkksError::NoSuchLevel`].
    pub fn q_basis(&self, level: Level) -> Result<&RnsBasis, CkksError> {
        Ok(&self.tables("basis", level)?.q)
    }

    /// The special primes.
    #[must_use]
    pub fn p_basis(&self) -> &RnsBasis {
        &self.0.p_basis
    }

    /// [`Self::q_basis`] followed by [`Self::p_basis`]: where the keys of `level` live.
    ///
    /// # Errors
    /// [`CkksError::NoSuchLevel`].
    pub fn qp_basis(&self, level: Level) -> Result<&RnsBasis, CkksError> {
        Ok(&self.tables("basis", level)?.qp)
    }

    /// Whether both were built from the same parameters, so that data of one can be used with the other.
    #[must_use]
    pub fn is_compatible(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.parameters == other.0.parameters
    }

    /// The parameter hash that every stored object carries: see [`Parameters::fingerprint`].
    #[must_use]
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.0.fingerprint
    }

    pub(crate) fn tables(&self, op: &'static str, level: Level) -> Result<&LevelTables, CkksError> {
        let max = self.max_level();
        self.0.levels.get(level.0).ok_or(CkksError::NoSuchLevel { op, found: level, max })
    }

    /// The tables of the highest level.
    pub(crate) fn top(&self) -> &LevelTables {
        &self.0.levels[self.0.levels.len() - 1]
    }
}

impl LevelTables {
    fn new(
        parameters: &Parameters,
        level: Level,
        all: &RnsBasis,
        p_basis: &RnsBasis,
        first_p: &RnsBasis,
    ) -> Result<Self, CkksError> {
        let q_len = parameters.q_len(level);
        let digits = parameters
            .digit_ranges()
            .into_iter()
            .filter(|range| range.start < q_len)
            .map(|range| range.start..range.end.min(q_len))
            .collect();
        let below = level.below().map(|below| parameters.q_len(below));
        let noise = LevelNoise::new(parameters, level);
        Self::over(&all.slice(0..q_len)?, p_basis, digits, first_p, below, noise)
    }

    /// Tables for these primes of Q and P, with Q cut into `digits`; `below` is the number of primes that a rescaling keeps.
    pub(crate) fn over(
        q: &RnsBasis,
        p_basis: &RnsBasis,
        digits: Vec<Range<usize>>,
        first_p: &RnsBasis,
        below: Option<usize>,
        noise: LevelNoise,
    ) -> Result<Self, CkksError> {
        let (q, q_len) = (q.clone(), q.len());
        let qp = q.concat(p_basis)?;
        let digits = digits
            .into_iter()
            .map(|range| DigitTables::new(range, &qp))
            .collect::<Result<Vec<_>, CkksError>>()?;
        if digits.len() > MAX_TERMS {
            return Err(CkksError::Parameter {
                name: "dnum",
                found: digits.len().to_string(),
                expected: format!("at most {MAX_TERMS} digits"),
            });
        }
        let product = |primes: &RnsBasis, i: usize| {
            let modulus = q.modulus(i);
            primes.primes().fold(1, |acc, p| modulus.mul(acc, modulus.reduce(p)))
        };
        Ok(Self {
            mod_down: Rescaler::new(&qp, p_basis.len())?,
            mod_down_rescale: below.map(|kept| Rescaler::new(&qp, qp.len() - kept)).transpose()?,
            rescale: below.map(|kept| Rescaler::new(&q, q_len - kept)).transpose()?,
            encryption: q.concat(first_p)?,
            first_p_inverses: q
                .rings()
                .iter()
                .map(|ring| {
                    let modulus = ring.modulus();
                    Ok(modulus.prepare(modulus.inv(modulus.reduce(first_p.modulus(0).value()))?))
                })
                .collect::<Result<_, CkksError>>()?,
            p_residues: (0..q_len).map(|i| q.modulus(i).prepare(product(p_basis, i))).collect(),
            noise,
            digits,
            q,
            qp,
        })
    }
}

impl DigitTables {
    fn new(range: Range<usize>, qp: &RnsBasis) -> Result<Self, CkksError> {
        let converter = if range.len() == 1 {
            None
        } else {
            let (before, after) = (0..range.start, range.end..qp.len());
            let rest = if before.is_empty() {
                qp.slice(after)?
            } else {
                qp.slice(before)?.concat(&qp.slice(after)?)?
            };
            Some(BasisConverter::new(&qp.slice(range.clone())?, &rest)?)
        };
        Ok(Self { range, converter })
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Context({:?}, {})", self.0.parameters, self.0.kernel.name())
    }
}
