//! Plaintexts without polynomials.

use super::{DryRun, PlaintextShape};
use crate::{
    encoder::{Packing, Size, SlotValue, check_count, check_fits, check_scale, check_slots},
    error::CkksError,
    message_size::SizeSource,
    noise::Noise,
    scale::Level,
};

impl DryRun {
    /// The shape of an encoding, with what the encoder finds wrong before it transforms anything: whether the
    /// coefficients fit the modulus is known only afterwards.
    pub(super) fn encoded<T: SlotValue>(
        &self,
        values: &[T],
        packing: &Packing,
    ) -> Result<PlaintextShape, CkksError> {
        let op = "encode";
        self.check_packing(op, packing)?;
        check_count(values.len(), packing.slots)?;
        let size = Size::of(op, values)?;
        check_scale(op, packing.scale, self.parameters.log_q(packing.level))?;
        Ok(shape(packing, size.noise(self.n(), packing.slots)))
    }

    /// The shape of one value in all slots.
    pub(super) fn encoded_constant<T: SlotValue>(
        &self,
        value: T,
        packing: &Packing,
    ) -> Result<PlaintextShape, CkksError> {
        let op = "encode a constant";
        self.check_packing(op, packing)?;
        let value = value.to_complex();
        let size = Size::of(op, &[value])?;
        let log_modulus = self.parameters.log_q(packing.level);
        let factor = check_scale(op, packing.scale, log_modulus)?;
        check_fits(op, factor * value.re.abs().max(value.im.abs()), log_modulus)?;
        Ok(shape(packing, size.noise_of_constant(self.n(), value * factor)))
    }

    fn check_packing(&self, op: &'static str, packing: &Packing) -> Result<(), CkksError> {
        check_slots(op, packing.slots, self.parameters.max_slots())?;
        self.check_level(op, packing.level)
    }

    pub(super) fn check_level(&self, op: &'static str, found: Level) -> Result<(), CkksError> {
        let max = self.parameters.max_level();
        if found > max { Err(CkksError::NoSuchLevel { op, found, max }) } else { Ok(()) }
    }
}

fn shape(packing: &Packing, noise: Noise) -> PlaintextShape {
    let Packing { level, scale, slots } = *packing;
    PlaintextShape { level, scale, slots, noise, source: SizeSource::Measured }
}
