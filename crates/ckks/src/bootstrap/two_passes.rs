//! Two refreshes for the precision of both: the second one refreshes what the first one got wrong.

use super::{BootstrapParameters, Bootstrapper};
use crate::{error::CkksError, noise::Noise, operations::Operations, scale::Level};

/// The operation's name in errors.
const OP: &str = "refreshing in two passes";

/// Bits that the error of the first pass, magnified, stays below the message bound in the worst slot that is expected: an
/// error sixteen times as large would still be refreshed.
const MARGIN_BITS: f64 = 4.0;

/// The largest gain: what is left of a message at the lowest level has no more bits than this.
const MAX_LOG_GAIN: f64 = 40.0;

impl BootstrapParameters {
    /// log2 of what the error of a first pass is multiplied by before a second one: about what
    /// [`Bootstrapper::refresh_in_two_passes`] gains, in bits, as long as the lowest level's own rounding does not end it.
    ///
    /// # Errors
    /// As [`Self::precision_bits`]; [`CkksError::Parameter`] where one pass is too bad for a second one.
    pub fn log_gain(&self) -> Result<u32, CkksError> {
        let bits = self.precision_bits()?;
        let gain = (bits - MARGIN_BITS).floor().min(MAX_LOG_GAIN);
        if gain >= 1.0 {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to 40")]
            return Ok(gain as u32);
        }
        Err(CkksError::Parameter {
            name: "precision of one pass",
            found: format!("{bits:.1} bits"),
            expected: format!("at least {} bits, for a second pass to add to", MARGIN_BITS + 1.0),
        })
    }
}

impl<W> Bootstrapper<W> {
    /// As [`Self::refresh`], at twice the time and one level lower, with an error that is 2^[`BootstrapParameters::log_gain`]
    /// times smaller, or as small as roundings at the scale of the levels left allow (Bae, Cheon, Cho, Kim, Kim,
    /// META-BTS: bootstrapping precision beyond the limit, CCS 2022, algorithm 1).
    ///
    /// The second pass takes the first one to err by no more than 16 times what is expected. Where the worst case of the first
    /// pass does not show that it never errs by more, the worst case of the result is infinite; its average case is kept.
    ///
    /// # Errors
    /// As [`Self::refresh`] and [`BootstrapParameters::log_gain`]; [`CkksError::OutOfLevels`] for parameters that leave no
    /// level.
    pub fn refresh_in_two_passes<O: Operations<Weights = W>>(
        &self,
        ops: &O,
        a: &O::Ciphertext,
    ) -> Result<O::Ciphertext, CkksError> {
        let (plan, parameters) = (self.parameters(), ops.parameters());
        let level = plan.levels_left();
        let below = level.below().ok_or(CkksError::OutOfLevels { op: OP, needed: 1, left: 0 })?;
        let (log_gain, lowest) = (plan.log_gain()?, parameters.default_scale(Level(0)));
        let base = ops.align_to(a, Level(0), lowest)?;
        // Its error is the message of the second pass, no noise any more.
        let refreshed = self.refresh(ops, &base)?;
        let worst_error = ops.noise(&refreshed).bound() / ops.scale(&refreshed).to_f64();
        let first = ops.without_noise(&refreshed);
        let again = ops.align_to(&first, Level(0), lowest)?;
        let error = ops.mul_integer(&ops.sub(&base, &again)?, 1 << log_gain)?;
        let bound = plan.message_bound();
        let known =
            Noise { message_rms: bound * (-MARGIN_BITS).exp2(), message_bound: bound, ..ops.noise(&error) };
        let second = self.refresh(ops, &ops.claim_noise(&error, known)?)?;
        // Both terms are rounded once.
        let primes = parameters.groups().get(level.0).map_or(&[][..], |group| &group.primes);
        let scale = parameters.default_scale(below).mul_by_primes(primes);
        let terms = [(&first, 1.0), (&second, (-f64::from(log_gain)).exp2())];
        let sum = ops.rescale(&ops.linear_combination(&terms, level, scale)?)?;
        let input = ops.noise(&base);
        let known =
            Noise { message_rms: input.message_rms, message_bound: input.message_bound, ..ops.noise(&sum) };
        let result = ops.claim_noise(&sum, known)?;
        // On average it does, with room to spare; flooding must not rely on that.
        let fits = worst_error * f64::from(log_gain).exp2() <= bound;
        if fits { Ok(result) } else { ops.add_noise_bound(&result, f64::INFINITY) }
    }
}
