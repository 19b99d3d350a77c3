//! How right a decrypted result is, and whether it is within its noise bound.

use ckks::{Ciphertext, CkksError, Complex64, Noise, PrecisionStats, Scale};
use harness::{Failure, Recorder, StageId};

/// -log2 of the error that arithmetic in f64 may make in encoding and decoding, relative to the largest value. (The
/// encoder holds 2^-46 in its own tests, at every ring degree and scale.)
const FLOATING_POINT_BITS: i32 = 46;

/// What an operation gave, in slots, and how far off it may be.
pub(super) struct Found {
    /// The decrypted or decoded slots.
    pub(super) slots: Vec<Complex64>,
    /// What the noise estimate says of them.
    pub(super) predicted: Predicted,
}

/// The tracked noise of a result, in slots.
#[derive(Clone, Copy)]
pub(super) struct Predicted {
    /// Root mean square error of a slot, for independent operands.
    pub(super) std: f64,
    /// No slot is further off.
    pub(super) bound: f64,
}

impl Predicted {
    /// From the noise that is tracked with a result in the ring of degree `n`.
    pub(super) fn new(noise: Noise, scale: Scale, n: usize) -> Self {
        let scale = scale.to_f64();
        Self { std: noise.std() * (n as f64).sqrt() / scale, bound: noise.bound() / scale }
    }

    /// Of a ciphertext.
    pub(super) fn of(ciphertext: &Ciphertext) -> Self {
        let n = ciphertext.parts()[0].basis().n();
        Self::new(ciphertext.noise(), ciphertext.scale(), n)
    }

    /// Of slots divided by `divisor`.
    pub(super) fn divided(self, divisor: f64) -> Self {
        Self { std: self.std / divisor, bound: self.bound / divisor }
    }
}

/// How many times its standard deviation the error of a slot may be where no worst case is known. Noise after many products of
/// slots has about the tails of Laplace's law: in 2^15 slots the largest is about 8 of them, and predictions are on the safe
/// side.
const MOST_DEVIATIONS: f64 = 16.0;

/// Writes the errors of a stage's result to its rows, and marks them as wrong when a slot is further off than the noise
/// bound allows, when there is no such bound, or when the result was refused because its noise may have drowned it.
pub(super) fn judge(
    record: &mut Recorder<'_>,
    id: StageId,
    expected: &[Complex64],
    found: Result<Found, CkksError>,
) -> Result<(), Failure> {
    judge_with(record, id, expected, found, false)
}

/// As [`judge`], for results that need not have a worst case: many standard deviations are too many then.
pub(super) fn judge_refreshed(
    record: &mut Recorder<'_>,
    id: StageId,
    expected: &[Complex64],
    found: Result<Found, CkksError>,
) -> Result<(), Failure> {
    judge_with(record, id, expected, found, true)
}

fn judge_with(
    record: &mut Recorder<'_>,
    id: StageId,
    expected: &[Complex64],
    found: Result<Found, CkksError>,
    by_average: bool,
) -> Result<(), Failure> {
    let found = match found {
        Ok(found) => found,
        Err(lost @ (CkksError::PrecisionLost { .. } | CkksError::Overflow { .. })) => {
            record.verify(id, false, lost);
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let Found { slots, predicted } = found;
    let stats = PrecisionStats::new(expected, &slots)?;
    let largest = expected.iter().map(|slot| slot.norm()).fold(0.0, f64::max);
    let error = |bits: f64| if bits == PrecisionStats::EXACT { 0.0 } else { (-bits).exp2() };
    let max = error(stats.max.bits);
    let cells = [
        ("err_max_abs", max),
        ("err_mean_abs", error(stats.mean.bits)),
        ("err_rms", error(stats.std.bits)),
        ("bits_precision", stats.max.bits + largest.log2()),
        ("noise_std", predicted.std),
    ];
    let (known, by) = match predicted.bound.is_finite() || !by_average {
        true => (Some(("noise_bound", predicted.bound)), "the noise bound allows"),
        // After a second refresh in a row, say: the worst case of the first is more than the second one has room for.
        false => (None, "no worst case is known, and many standard deviations are"),
    };
    record.annotate(id, cells.into_iter().chain(known))?;
    let allowed = known.map_or(MOST_DEVIATIONS * predicted.std, |(_, bound)| bound)
        + (-f64::from(FLOATING_POINT_BITS)).exp2() * largest;
    let (slot, of) = (stats.worst_slot, stats.slots);
    record.verify(
        id,
        max <= allowed,
        format_args!("slot {slot} of {of} is off by {max:e}, {by} {allowed:e}"),
    );
    Ok(())
}
