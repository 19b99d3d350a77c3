//! The configurations that come with the program, and the figures drawn from its committed results.

use std::collections::BTreeSet;
use std::path::Path;

use super::{assert_measured, configs, measured, rows, sweep, text, word};

/// Not a sweep but a list of figures.
const FIGURE_LIST: &str = "figures.toml";

#[test]
fn a_suite_is_one_table() {
    let rows = rows("quick.toml");
    let workloads: BTreeSet<&str> = rows.iter().map(|row| word(row, "workload")).collect();
    assert_eq!(workloads, ["boston_moments", "depth", "ops"].into());
    measured(&rows).for_each(assert_measured);
}

/// Columns come from the plan: figures can name those of workloads that have no point yet.
#[test]
fn an_unfinished_suite_has_its_report() {
    let folder = tempfile::tempdir().unwrap();
    let member = |name: &str, more: &str| {
        let text = format!(
            "schema = 1\nname = \"{name}\"\nseed = 1\ndeterministic = true\n[workload.{name}]\n{more}[params]\nlog_scale = 40\n"
        );
        std::fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
    };
    member("linreg", "mode = \"plaintext\"\n");
    member("knn", "k = 3\n");
    let suite = "schema = 1\nname = \"both\"\nsuite = [\"linreg.toml\", \"knn.toml\"]\n[measure]\nsamples = 1\n\
        [plot.neighbours]\nx = \"k\"\ny = \"wall_s\"\n[plot.solving]\nx = \"features\"\ny = \"wall_s\"\nwhere = \"op == solve\"\n";
    std::fs::write(folder.path().join("both.toml"), suite).unwrap();
    let run = ["run", "both.toml", "--only", "sweep == linreg", "--out", "out"];
    for args in [&run[..], &["report", "out"], &["merge", "out"], &["report", "out"]] {
        let output = sweep(folder.path(), args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output));
        let told = text(&output).contains("figure `neighbours`: no measured row has k");
        assert_eq!(told, args[0] == "report", "{args:?}: {}", text(&output));
    }
    assert!(folder.path().join("out/plots/solving.svg").exists());
    assert!(folder.path().join("out/report.html").exists());
}

/// Every configuration, also those too long to run here, opens with a comment and is good.
#[test]
fn every_configuration_is_good() {
    let mut names = Vec::new();
    let folders =
        ["", "quick", "paper_n8", "knn", "mlp", "paper_table", "speed", "features", "peers", "smoke"];
    for folder in folders {
        for entry in std::fs::read_dir(configs().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            // The list of figures is no sweep.
            if path.extension().is_some_and(|extension| extension == "toml") && !path.ends_with(FIGURE_LIST) {
                names.push(path);
            }
        }
    }
    assert!(names.len() >= 12, "{names:?}");
    for path in names {
        let content = std::fs::read_to_string(&path).unwrap();
        assert!(
            content.starts_with("# ") && content.lines().any(|line| line.contains('?')),
            "{}",
            path.display()
        );
        let output = sweep(&configs(), &["config", "check", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0), "{}: {}", path.display(), text(&output));
    }
}

/// Each configuration that a reader would run has a small twin under `smoke/`.
#[test]
fn every_configuration_has_a_small_twin() {
    for entry in std::fs::read_dir(configs()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && !path.ends_with(FIGURE_LIST) {
            let twin = configs().join("smoke").join(path.file_name().unwrap());
            assert!(twin.exists(), "{} is missing", twin.display());
        }
    }
}

/// The committed figures, and the gallery with its sentences, are what the committed tables give, byte for byte.
#[test]
fn committed_figures_are_redrawn_byte_for_byte() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = sweep(&root, &["figures", "--check"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let figures = String::from_utf8(output.stdout).unwrap();
    assert!(
        figures.lines().count() >= 3 && figures.lines().all(|line| line.starts_with("the same")),
        "{figures}"
    );
    let committed = std::fs::read_dir(root.join("results/reference")).unwrap().flatten();
    let drawings: usize = committed
        .map(|entry| {
            std::fs::read_dir(entry.path().join("plots")).map_or(0, |plots| {
                plots.flatten().filter(|plot| plot.path().extension().is_some_and(|e| e == "svg")).count()
            })
        })
        .sum();
    let listed = std::fs::read_dir(root.join("results/reference/figures")).map_or(0, |list| {
        list.flatten().filter(|plot| plot.path().extension().is_some_and(|e| e == "svg")).count()
    });
    let checked = figures.lines().filter(|line| line.ends_with(".svg")).count();
    assert_eq!(checked, drawings + listed, "every committed drawing is checked");
}
