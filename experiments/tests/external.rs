//! The `external` workload through the whole program: a peer's numbers become rows, its failures become rows too.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::process::{Command, Output};

fn sweep(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sweep")).args(args).current_dir(folder).output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_smoke_sweep_runs_and_reports() {
    let folder = tempfile::tempdir().unwrap();
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs/smoke/external.toml");
    let output = sweep(folder.path(), &["run", config.to_str().unwrap(), "--out", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let output = sweep(folder.path(), &["report", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let drawn = std::fs::read_to_string(folder.path().join("out/plots/time_vs_size.csv")).unwrap();
    let rows: Vec<&str> = drawn.lines().collect();
    assert_eq!(rows.len(), 1 + 3, "{drawn}");
    assert!(rows[3].starts_with("shell,4096.0,0.00004,"), "{drawn}");
    let values = std::fs::read_to_string(folder.path().join("out/plots/value_vs_size.csv")).unwrap();
    assert!(values.contains("shell,2048.0,2048.0,"), "{values}");
}

#[test]
fn peers_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    for (name, peers) in [
        ("smoke/peers.toml", vec!["one", "other"]),
        ("peers/operations.toml", vec!["cipherfit", "openfhe", "seal"]),
    ] {
        let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs").join(name);
        let output = sweep(folder.path(), &["plan", config.to_str().unwrap(), "--lines"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        let plan = String::from_utf8(output.stdout).unwrap();
        let turns: Vec<serde_json::Value> =
            plan.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(turns.len() >= 4 * peers.len() && turns.len().is_multiple_of(peers.len()));
        for (at, entry) in turns.iter().enumerate() {
            assert_eq!(entry["params"]["peer"], peers[at % peers.len()], "{name}, point {at}");
        }
    }
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs/smoke/peers.toml");
    let output = sweep(folder.path(), &["run", config.to_str().unwrap(), "--out", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let table = std::fs::read_to_string(folder.path().join("out/results.csv")).unwrap();
    assert_eq!(table.lines().count(), 1 + 8 * (3 + 1), "three times and a score for each point");
}

#[test]
fn a_peer_that_is_missing_fails_or_talks_nonsense_is_a_row() {
    let folder = tempfile::tempdir().unwrap();
    let config = "schema = 1\nname = \"t\"\n[workload.external]\n[zip.z]\nlabel = [\"a\", \"b\", \"c\", \"d\", \"e\"]\n\
        \"workload.external.program\" = [\"/no/such/peer\", \"sh\", \"sh\", \"sh\", \"sh\"]\n\
        \"workload.external.args\" = [[], [\"-c\", \"echo '# run setup.sh'; exit 69\"], [\"-c\", \"exit 4\"], [\"-c\", \"echo hello\"], [\"-c\", \"echo add,3,s\"]]\n";
    std::fs::write(folder.path().join("t.toml"), config).unwrap();
    let output = sweep(folder.path(), &["run", "t.toml"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    let table = std::fs::read_to_string(folder.path().join("results/t/results.csv")).unwrap();
    for expected in [
        "infeasible,peer_missing,cannot start /no/such/peer",
        "infeasible,peer_missing,the peer is not here: run setup.sh",
        "failed,peer_failed",
        "failed,peer_output,",
        "line 1: expected quantity,value,unit",
    ] {
        assert!(table.contains(expected), "{expected} is not in\n{table}");
    }
    let wrong = config.replace("echo add,3,s", "echo {nothing}");
    std::fs::write(folder.path().join("t.toml"), wrong).unwrap();
    let output = sweep(folder.path(), &["run", "t.toml", "--out", "fresh"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("a brace that names no parameter"), "{}", text(&output));
    assert!(!folder.path().join("fresh").exists(), "nothing is written");
}

#[test]
fn the_configuration_in_the_documentation_is_good() {
    let folder = tempfile::tempdir().unwrap();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/sweep.md");
    let page = std::fs::read_to_string(page).unwrap();
    let config = page.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("```")).unwrap().0;
    std::fs::create_dir(folder.path().join("presets")).unwrap();
    std::fs::write(folder.path().join("presets/bench.toml"), "[measure]\nsamples = 30\n").unwrap();
    std::fs::write(folder.path().join("example.toml"), config).unwrap();
    let output = sweep(folder.path(), &["config", "check", "example.toml"]);
    // 3 sizes x 2 pairs, without 2 sizes of the second pair.
    assert!(text(&output).contains("good; 4 points"), "{}", text(&output));
}
