//! Single operations, chains of them and refreshes: times, errors within their bounds, sizes, marks.

use std::collections::{BTreeMap, BTreeSet};

use super::{Row, assert_measured, count, measured, number, rows, word};

#[test]
fn every_operation_runs_and_insecure_points_say_why() {
    let rows = rows("ops.toml");
    let counts = count(&rows);
    assert_eq!(counts.len(), 19, "{counts:?}");
    assert!(counts.values().all(|&count| count == 2 * 2 * 2), "rings x buffers x samples: {counts:?}");
    let refused: Vec<&Row> = rows.iter().filter(|row| word(row, "status") == "infeasible").collect();
    assert_eq!(refused.len(), 2);
    for row in refused {
        assert_eq!((word(row, "error_code"), number(row, "log_n")), ("insecure", 11.0));
        assert!(word(row, "error_message").contains("N = 4096 is the smallest ring degree"), "{row:?}");
    }
    assert!(
        measured(&rows).all(|row| number(row, "security_bits") >= 128.0 && !word(row, "kernel").is_empty())
    );
}

#[test]
fn a_chain_has_a_row_for_every_level() {
    let rows = rows("depth.toml");
    let steps: BTreeSet<(String, u64, u64)> = measured(&rows)
        .map(|row| {
            assert_measured(row);
            let whole = |column| number(row, column) as u64;
            (word(row, "factor").to_owned(), whole("multiplications"), whole("level"))
        })
        .collect();
    let expected =
        ["itself", "fresh"].into_iter().flat_map(|factor| (0..4).map(move |k| (factor.to_owned(), k, 3 - k)));
    assert_eq!(steps, expected.collect());
}

/// Every run is a row, and no two are alike, because each has its own keys.
#[test]
fn precision_has_a_row_for_every_run() {
    let rows = rows("precision.toml");
    for op in ["fresh", "product", "rotation", "depth"] {
        let found: Vec<&Row> = rows.iter().filter(|row| word(row, "op") == op).collect();
        let errors: BTreeSet<u64> = found.iter().map(|row| number(row, "err_max_abs").to_bits()).collect();
        assert_eq!((found.len(), errors.len()), (3, 3), "{op}");
        for row in found {
            assert_eq!(word(row, "status"), "ok", "{row:?}");
            assert!(number(row, "err_max_abs") <= number(row, "noise_bound"), "{row:?}");
            assert!((14.0..20.0).contains(&number(row, "bits_precision")), "{row:?}");
        }
    }
}

#[test]
fn refreshed_messages_are_the_same_and_the_ring_is_marked() {
    let rows = rows("bootstrap.toml");
    assert_eq!(count(&rows), BTreeMap::from([("refresh", 2)]));
    for row in measured(&rows) {
        assert_eq!((word(row, "preset"), number(row, "security_bits")), ("toy", 0.0));
        assert!(number(row, "bits_precision") > 15.0 && number(row, "levels_left") == 3.0, "{row:?}");
        assert!(number(row, "key_bytes") > 0.0);
    }
}

/// Each step halves what the refresh before was off, so the last error is no larger than twice the largest of the first.
#[test]
fn errors_do_not_grow_along_refreshes() {
    let rows = rows("bootstrap_chain.toml");
    let errors: BTreeMap<u64, f64> = measured(&rows)
        .inspect(|row| assert_measured(row))
        .map(|row| (number(row, "refreshed") as u64, number(row, "err_max_abs")))
        .collect();
    assert_eq!(errors.keys().copied().collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
    let largest = |steps: std::ops::RangeInclusive<u64>| steps.map(|k| errors[&k]).fold(0.0, f64::max);
    assert!(largest(7..=12) <= 2.0 * largest(1..=6), "{errors:?}");
}

#[test]
fn a_matrix_and_a_gradient_step_are_right() {
    let rows = rows("linear_algebra.toml");
    assert_eq!(count(&rows).into_keys().collect::<Vec<_>>(), ["gradient_step", "matrix_vector"]);
}

#[test]
fn more_digits_need_larger_keys() {
    let rows = rows("memory.toml");
    count(&rows);
    let keys: BTreeMap<u64, u64> =
        measured(&rows).map(|row| (number(row, "dnum") as u64, number(row, "key_bytes") as u64)).collect();
    assert!(keys[&1] < keys[&2], "{keys:?}");
    for row in measured(&rows) {
        let (heap, resident) = (number(row, "peak_heap_bytes"), number(row, "peak_rss_bytes"));
        assert!(number(row, "key_bytes") < heap && heap < resident, "{row:?}");
    }
}

#[test]
fn the_toy_ring_is_marked() {
    let rows = rows("paper_n8.toml");
    assert_eq!(count(&rows).len(), 19);
    assert!(rows.iter().all(|row| number(row, "security_bits") == 0.0 && number(row, "n") == 8.0));
}
