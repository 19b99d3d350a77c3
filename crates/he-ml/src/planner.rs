//! From a circuit to parameters and costs, before any key is made.

use std::fmt;

use ckks::{
    CiphertextShape, CkksError, DryRun, KeyRequest, KeySize, Operations, ParameterSpec, Parameters,
    SecurityLevel,
    bootstrap::{BootstrapParameters, Bootstrapper},
    params::{self, Requirements},
};

use crate::{
    arithmetic::{Counts, Encrypted},
    error::MlError,
};

/// What parameters are chosen for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    slots: usize,
    security: SecurityLevel,
    precision: Precision,
    log_message: u32,
}

/// How exact results have to be.
#[derive(Clone, Debug, PartialEq)]
enum Precision {
    /// The smallest scale at which the predicted error of a result's slot is at most 2^-bits.
    Bits(f64),
    /// This scale.
    LogScale(u32),
    /// Exactly these parameters.
    Explicit(Box<ParameterSpec>),
}

/// log2 of the scale where nothing is said.
const DEFAULT_LOG_SCALE: u32 = 40;

/// Scales that are tried for a wanted precision.
const LOG_SCALES: std::ops::RangeInclusive<u32> = 28..=60;

/// log2 of the largest result, where nothing is said.
const DEFAULT_LOG_MESSAGE: u32 = 5;

impl Wanted {
    /// The cheapest parameters at 128 bits of security with at least `slots` slots and scales of 2^40.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        Self {
            slots,
            security: SecurityLevel::default(),
            precision: Precision::LogScale(DEFAULT_LOG_SCALE),
            log_message: DEFAULT_LOG_MESSAGE,
        }
    }

    /// The smallest scale for which the predicted error of the scheme (one standard deviation) is at most 2^-`bits`.
    #[must_use]
    pub fn precision(mut self, bits: f64) -> Self {
        self.precision = Precision::Bits(bits);
        self
    }

    /// This scale, as a power of two.
    #[must_use]
    pub fn log_scale(mut self, log_scale: u32) -> Self {
        self.precision = Precision::LogScale(log_scale);
        self
    }

    /// Exactly these parameters, instead of chosen ones; the circuit has to fit.
    #[must_use]
    pub fn parameters(mut self, spec: ParameterSpec) -> Self {
        self.precision = Precision::Explicit(Box::new(spec));
        self
    }

    /// Another level of security.
    #[must_use]
    pub fn security(mut self, security: SecurityLevel) -> Self {
        self.security = security;
        self
    }

    /// log2 of the largest absolute value of a result; 5 unless said.
    #[must_use]
    pub fn log_message(mut self, log_message: u32) -> Self {
        self.log_message = log_message;
        self
    }
}

/// What a circuit needs on the parameters chosen for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The parameters.
    pub parameters: Parameters,
    /// Levels, key switches and products.
    pub counts: Counts,
    /// The keys, each for the highest level at which it is used.
    pub request: KeyRequest,
    /// Their size.
    pub keys: KeySize,
    /// Bytes of a fresh ciphertext.
    pub ciphertext_bytes: u64,
    /// Predicted standard deviation of the error that the scheme leaves in a slot of the result, with the operands of
    /// every operation taken as independent. Circuits that square their own results again and again are worse than that:
    /// 16 times on Boston housing in mode encrypted.
    pub predicted_error: f64,
    /// Work of the evaluation in transforms of one limb (see [`Self::seconds`]).
    pub transforms: f64,
}

/// Nanoseconds of one butterfly of a transform, on one core with AVX-512 IFMA: an estimate's unit, from transforms of
/// 2^15 words that take about 50 microseconds.
const NANOSECONDS_PER_BUTTERFLY: f64 = 0.2;

impl Plan {
    /// Estimated seconds of the evaluation on one core: the transforms that its key switches and rescalings come to,
    /// products with keys counted as much as transforms. Good to a factor of two on the machine the unit is from.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        let butterflies = self.parameters.ring_degree() as f64 * f64::from(self.parameters.log_n()) / 2.0;
        self.transforms * butterflies * NANOSECONDS_PER_BUTTERFLY * 1e-9
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p = &self.parameters;
        writeln!(
            f,
            "N = 2^{}, {} levels, log2(QP) = {}, {} digits, {} bits of security",
            p.log_n(),
            p.max_level(),
            p.qp_bit_length(),
            p.dnum(),
            p.security_bits()
        )?;
        writeln!(f, "{}", self.counts)?;
        write!(
            f,
            "keys of {:.1} MB ({:.1} MB in memory), ciphertexts of {:.1} MB, about {:.1} s, error about 2^{:.1}",
            self.keys.stored as f64 / 1e6,
            self.keys.memory as f64 / 1e6,
            self.ciphertext_bytes as f64 / 1e6,
            self.seconds(),
            self.predicted_error.log2()
        )
    }
}

/// Finds parameters for `circuit`, which runs it on shapes and returns the shape of its result.
///
/// # Errors
/// Those of the circuit; [`CkksError::Insecure`] when no supported ring is large enough; [`MlError::TooFewLevels`] for
/// explicit parameters that are too shallow; [`MlError::Hyperparameter`] for a precision that no scale reaches.
pub fn plan<F>(wanted: &Wanted, circuit: F) -> Result<Plan, MlError>
where
    F: Fn(&Encrypted<'_, DryRun>, &DryRun) -> Result<CiphertextShape, MlError>,
{
    let log_scale = match wanted.precision {
        Precision::Explicit(ref spec) => {
            let parameters = spec.check()?;
            let depth = depth(wanted.slots, &circuit)?;
            let found = parameters.max_level().0;
            if found < depth {
                return Err(MlError::TooFewLevels { what: "the circuit", needed: depth, found });
            }
            return measure(parameters, &circuit);
        }
        Precision::LogScale(log_scale) => Some(log_scale),
        Precision::Bits(_) => None,
    };
    let requirements = Requirements {
        depth: depth(wanted.slots, &circuit)?,
        slots: wanted.slots,
        log_message: wanted.log_message,
        security: wanted.security,
        ..Requirements::default()
    };
    let at = |log_scale| -> Result<Plan, MlError> {
        measure(params::plan(&Requirements { log_scale, ..requirements })?, &circuit)
    };
    match (log_scale, &wanted.precision) {
        (Some(log_scale), _) => at(log_scale),
        (None, Precision::Bits(bits)) => cheapest(*bits, at),
        (None, _) => at(DEFAULT_LOG_SCALE),
    }
}

/// The first scale that is exact enough. Errors shrink by the factor by which scales grow: a few steps suffice.
fn cheapest(bits: f64, at: impl Fn(u32) -> Result<Plan, MlError>) -> Result<Plan, MlError> {
    let (mut low, mut high) = (*LOG_SCALES.start(), *LOG_SCALES.end());
    let mut best = None;
    while low <= high {
        let middle = low.midpoint(high);
        match at(middle) {
            Ok(plan) if plan.predicted_error.log2() <= -bits => {
                best = Some(plan);
                high = middle - 1;
            }
            Ok(_) => low = middle + 1,
            // No ring is large enough for so large a scale.
            Err(MlError::Ckks(CkksError::Insecure { .. })) => high = middle - 1,
            Err(other) => return Err(other),
        }
    }
    best.ok_or_else(|| MlError::Hyperparameter {
        name: "precision",
        value: format!("{bits} bits"),
        why: "no secure scale reaches it for a circuit of this depth".to_owned(),
    })
}

/// Deepest chains that a dry run is tried on, one after the other.
const DEPTHS: [usize; 4] = [32, 64, 128, 250];

/// The levels of the circuit, from a run on insecure parameters that are deep enough.
fn depth<F>(slots: usize, circuit: &F) -> Result<usize, MlError>
where
    F: Fn(&Encrypted<'_, DryRun>, &DryRun) -> Result<CiphertextShape, MlError>,
{
    let log_n = slots.next_power_of_two().ilog2() + 1;
    let mut last = None;
    for depth in DEPTHS {
        let parameters = ParameterSpec::new(log_n).depth(depth).allow_insecure().check()?;
        let dry = DryRun::new(&parameters);
        let on = Encrypted::new(&dry);
        match circuit(&on, &dry) {
            Ok(_) => return Ok(on.counts().depth),
            Err(MlError::Ckks(error @ CkksError::OutOfLevels { .. })) => last = Some(error),
            Err(other) => return Err(other),
        }
    }
    Err(last.map_or(MlError::TooFewLevels { what: "the circuit", needed: 1, found: 0 }, MlError::from))
}

/// Runs the circuit on shapes of these parameters.
fn measure<F>(parameters: Parameters, circuit: &F) -> Result<Plan, MlError>
where
    F: Fn(&Encrypted<'_, DryRun>, &DryRun) -> Result<CiphertextShape, MlError>,
{
    let dry = DryRun::new(&parameters);
    let on = Encrypted::new(&dry);
    let result = circuit(&on, &dry)?;
    let (counts, transforms) = (on.counts(), on.transforms());
    let request = dry.plan().request();
    described(&dry, request, &result, (counts, transforms))
}

/// What `circuit` needs where vectors are refreshed by means of `bootstrap`. Its inputs are shapes of
/// [`BootstrapParameters::levels_left`] levels with a given bound on their slots, which the circuit gets from its second
/// argument; [`Plan::transforms`] leaves refreshes out.
///
/// # Errors
/// Those of the circuit.
pub fn plan_refreshing<F>(bootstrap: &BootstrapParameters, circuit: F) -> Result<Plan, MlError>
where
    F: Fn(
        &Encrypted<'_, DryRun>,
        &dyn Fn(f64) -> Result<CiphertextShape, MlError>,
    ) -> Result<CiphertextShape, MlError>,
{
    let dry = DryRun::new(bootstrap.parameters());
    let bootstrapper = Bootstrapper::new(bootstrap, &dry)?;
    let on = Encrypted::new(&dry).with_bootstrapper(&bootstrapper);
    let input = |bound| Ok(dry.drop_to(&dry.input(bound), bootstrap.levels_left())?);
    let result = circuit(&on, &input)?;
    let request = bootstrap.key_request()?.and(&dry.plan().request());
    described(&dry, request, &result, (on.counts(), on.transforms()))
}

fn described(
    dry: &DryRun,
    request: KeyRequest,
    result: &CiphertextShape,
    (counts, transforms): (Counts, f64),
) -> Result<Plan, MlError> {
    let parameters = dry.parameters().clone();
    let slot_error = result.noise_std() * (parameters.ring_degree() as f64).sqrt() / result.scale().to_f64();
    Ok(Plan {
        counts,
        keys: request.size(&parameters)?,
        request,
        ciphertext_bytes: dry.size_bytes(&dry.input(1.0)),
        predicted_error: slot_error,
        transforms,
        parameters,
    })
}
