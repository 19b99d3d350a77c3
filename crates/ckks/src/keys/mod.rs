//! Keys: what they are and how large they are. [`crate::KeyGenerator`] makes them.

mod galois;
mod public;
mod relin;
mod secret;
mod set;
mod switching;

pub use galois::{GaloisElement, GaloisKey};
pub use public::PublicKey;
pub use relin::RelinearizationKey;
pub use secret::SecretKey;
pub use set::{EvaluationKeys, KeyRequest, KeySize};
pub use switching::SwitchingKey;
