#![doc = include_str!("../README.md")]

pub mod bootstrap;
mod ciphertext;
pub mod circuits;
mod context;
mod decrypt;
mod dry_run;
pub mod encoder;
mod encrypt;
mod error;
pub mod eval;
mod keygen;
pub mod keys;
mod keyswitch;
mod message_size;
pub mod noise;
mod operations;
pub mod params;
mod plaintext;
mod precision;
mod scale;
mod seeds;
pub mod serialize;

pub use ciphertext::{Ciphertext, CiphertextWords};
pub use context::Context;
pub use decrypt::{DECRYPTION_MARGIN_BITS, Decryptor, Flooding};
pub use dry_run::{CiphertextShape, DryRun, PlaintextShape, Plan};
pub use encoder::{Complex64, Encoder, EncoderScratch, Weights};
pub use encrypt::{EncryptionKey, EncryptionSpace, Encryptor, SeededCiphertext};
pub use error::CkksError;
pub use eval::{Evaluator, Hoisted, RotationGroup, Workspace, inner_sum_rotations};
pub use keygen::KeyGenerator;
pub use keys::{
    EncapsulationKey, EvaluationKeys, GaloisElement, GaloisKey, KeyRequest, KeySize, PublicKey,
    RelinearizationKey, SecretKey, SwitchingKey,
};
pub use message_size::UNDECLARED_MESSAGE_BOUND;
pub use noise::Noise;
pub use operations::Operations;
pub use params::{ParameterSpec, Parameters, SecurityLevel};
pub use plaintext::Plaintext;
pub use precision::{PartBits, PrecisionStats};
pub use scale::{LOG_SCALE_TOLERANCE, Level, Scale};
