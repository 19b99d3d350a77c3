//! Our side of `scripts/interop/openfhe_interop.py`: reads what OpenFHE made from one file, writes results to another.
#![expect(unreachable_pub, reason = "shared with the tests")]

#[expect(dead_code, reason = "the tests read the rest")]
#[path = "../tests/common/exchange.rs"]
mod exchange;

use std::fs;

fn main() -> exchange::Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [given, answer] = arguments.as_slice() else {
        return Err("usage: exchange_with_openfhe VECTORS.json RESULTS.json".into());
    };
    let vectors = serde_json::from_str(&fs::read_to_string(given)?)?;
    fs::write(answer, serde_json::to_string(&exchange::run(&vectors)?)?)?;
    Ok(())
}
