//! The engine from outside: the `sleep-sweep` program on configurations in temporary folders.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests; clippy knows only functions marked as tests"
)]

mod common;
mod config_errors;
mod configs;
mod faults;
mod merging;
mod overhead;
mod reports;

/// The engine stays a generic engine.
#[test]
fn the_engine_has_no_word_of_what_is_measured() {
    let mut files = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    let mut seen = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        seen += 1;
        let text = std::fs::read_to_string(&path).unwrap().to_lowercase().replace("initial-scale=1", "");
        let words = |c: char| !c.is_alphanumeric() && c != '_';
        for foreign in [
            "ckks",
            "ciphertext",
            "plaintext",
            "ring",
            "scale",
            "slot",
            "slots",
            "log_n",
            "modulus",
            "homomorphic",
        ] {
            assert!(!text.split(words).any(|word| word == foreign), "`{foreign}` in {}", path.display());
        }
    }
    assert!(seen > 30, "only {seen} files were read");
}
