//! What the fastest other libraries need, to compare with.
//!
//! Best of SEAL 4.4 with HEXL, OpenFHE 1.5 with HEXL (HEXL 1.2.6) and Lattigo 6.2, all built natively for an x86-64 server
//! processor with AVX-512 IFMA at about 4 GHz, one thread, medians or minima of several runs, to within 10%. The rings have
//! 4, 8, 16 and 30 primes of Q for log N from 13 to 16, and OpenFHE and Lattigo 4, 4, 4 and 3 digits. Machines differ: the
//! ratios mean something on one of that kind only.

/// log2 of the ring degrees that are compared.
pub const LOG_N: [u32; 4] = [13, 14, 15, 16];

const SEAL: &str = "SEAL 4.4 + HEXL";
const OPENFHE: &str = "OpenFHE 1.5 + HEXL";
/// For rows whose figures come from more than one of the three.
const BEST: &str = "best of SEAL, OpenFHE and Lattigo";

/// One operation: milliseconds at each of [`LOG_N`], and whose they are.
pub struct Yardstick {
    pub op: &'static str,
    pub milliseconds: [f64; 4],
    pub source: [&'static str; 4],
}

pub const ENCODE: Yardstick = row("encode", [0.23, 0.74, 3.4, 15.9], [BEST; 4]);
pub const ENCRYPT: Yardstick = row("encrypt", [1.3, 4.3, 20.7, 86.0], [BEST; 4]);
pub const DECRYPT_DECODE: Yardstick = row("decrypt_decode", [0.70, 3.5, 20.0, 101.0], [BEST; 4]);
/// The peers' figures are those of additions in place; a sum into a third ciphertext moves half as much again.
pub const ADD: Yardstick = row("add", ADD_IN_PLACE, [BEST; 4]);
pub const ADD_ASSIGN: Yardstick = row("add_assign", ADD_IN_PLACE, [BEST; 4]);
pub const MUL_PLAIN_RESCALE: Yardstick = row("mul_plain_rescale", [0.22, 1.26, 6.7, 38.7], [BEST; 4]);
pub const RESCALE: Yardstick = row("rescale", [0.16, 0.93, 4.3, 26.0], [BEST; 4]);
pub const MUL: Yardstick = row("mul", [0.059, 0.37, 1.56, 9.3], [BEST; 4]);
pub const MUL_RELIN_RESCALE: Yardstick =
    row("mul_relin_rescale", [1.33, 10.6, 77.0, 316.0], [SEAL, SEAL, OPENFHE, OPENFHE]);
pub const ROTATE: Yardstick = row("rotate", [1.11, 9.5, 74.0, 300.0], [SEAL, SEAL, SEAL, OPENFHE]);
pub const ROTATE8_HOISTED: Yardstick =
    row("rotate8_hoisted", [9.1, 51.6, 300.0, 1350.0], [BEST, OPENFHE, OPENFHE, OPENFHE]);
pub const KEYGEN_RELIN: Yardstick = row("keygen_relin", [6.6, 41.0, 186.0, 515.0], [BEST; 4]);

const ADD_IN_PLACE: [f64; 4] = [0.021, 0.21, 0.87, 5.4];

/// All of them.
pub const ALL: [&Yardstick; 12] = [
    &ENCODE,
    &ENCRYPT,
    &DECRYPT_DECODE,
    &ADD,
    &ADD_ASSIGN,
    &MUL_PLAIN_RESCALE,
    &RESCALE,
    &MUL,
    &MUL_RELIN_RESCALE,
    &ROTATE,
    &ROTATE8_HOISTED,
    &KEYGEN_RELIN,
];

const fn row(op: &'static str, milliseconds: [f64; 4], source: [&'static str; 4]) -> Yardstick {
    Yardstick { op, milliseconds, source }
}

impl Yardstick {
    /// Nanoseconds at log N = `log_n`, and whose they are.
    pub fn at(&self, log_n: u32) -> Option<(f64, &'static str)> {
        let i = LOG_N.iter().position(|&l| l == log_n)?;
        Some((self.milliseconds[i] * 1e6, self.source[i]))
    }
}
