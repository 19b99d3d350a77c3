//! The key that brings products back to two parts.

use crate::keys::SwitchingKey;

/// Carries s^2 to s.
#[derive(Clone, Debug)]
pub struct RelinearizationKey(pub(crate) SwitchingKey);

impl RelinearizationKey {
    /// The switching key inside.
    #[must_use]
    pub fn switching_key(&self) -> &SwitchingKey {
        &self.0
    }
}
