//! Keys: what they are and how large they are. [`crate::KeyGenerator`] makes them.

mod encapsulation;
mod galois;
mod public;
mod relin;
mod secret;
mod set;
mod switching;

pub use encapsulation::EncapsulationKey;
pub(crate) use encapsulation::{Encapsulation, noise_to_dense, noise_to_sparse};
pub use galois::{GaloisElement, GaloisKey};
pub use public::PublicKey;
pub use relin::RelinearizationKey;
pub use secret::SecretKey;
pub use set::{EvaluationKeys, KeyRequest, KeySize};
pub use switching::SwitchingKey;
