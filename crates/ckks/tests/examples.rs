//! The examples run, and what they assert holds.

#[expect(dead_code, reason = "the test calls `run` and not `main`")]
#[path = "../examples/09_bootstrap.rs"]
mod bootstrap;
#[expect(dead_code, reason = "the test calls `run` and not `main`")]
#[path = "../examples/04_choose_parameters.rs"]
mod choose_parameters;
#[expect(dead_code, reason = "the test calls `run` and not `main`")]
#[path = "../examples/08_compare.rs"]
mod compare;
#[expect(dead_code, reason = "the test calls `run` and not `main`")]
#[path = "../examples/01_encrypt.rs"]
mod encrypt;
#[expect(dead_code, reason = "the test calls `run` and not `main`")]
#[path = "../examples/02_levels_and_scale.rs"]
mod levels_and_scale;
#[expect(dead_code, reason = "the test calls `run` and not `main`")]
#[path = "../examples/06_linear_transform.rs"]
mod linear_transform;
#[expect(dead_code, reason = "the test calls `run` and not `main`")]
#[path = "../examples/05_polynomial.rs"]
mod polynomial;
#[expect(dead_code, reason = "the test calls `run` and not `main`")]
#[path = "../examples/03_rotate.rs"]
mod rotate;
#[expect(dead_code, reason = "the test calls `run` and not `main`")]
#[path = "../examples/07_save_and_load.rs"]
mod save_and_load;

#[test]
fn every_example_runs() {
    let runs = [
        encrypt::run,
        levels_and_scale::run,
        rotate::run,
        choose_parameters::run,
        polynomial::run,
        linear_transform::run,
        save_and_load::run,
        compare::run,
        bootstrap::run,
    ];
    for run in runs {
        run().unwrap();
    }
}
