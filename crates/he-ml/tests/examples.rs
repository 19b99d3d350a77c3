//! The examples run, and what they assert holds.

#[expect(dead_code, reason = "the test calls `run` and not `main`")]
#[path = "../examples/02_knn.rs"]
mod knn;
#[expect(dead_code, reason = "the test calls `run` and not `main`")]
#[path = "../examples/leak_distances.rs"]
mod leak_distances;
#[expect(dead_code, reason = "the test calls `run` and not `main`")]
#[path = "../examples/leak_moments.rs"]
mod leak_moments;
#[expect(dead_code, reason = "the test calls `run` and not `main`")]
#[path = "../examples/03_mlp.rs"]
mod mlp;

#[test]
fn neighbours_under_encryption() {
    knn::run().unwrap();
}

#[test]
fn networks_under_encryption() {
    mlp::run().unwrap();
}

#[test]
fn leaks_are_as_bad_as_they_are_said_to_be() {
    leak_distances::run().unwrap();
    leak_moments::run().unwrap();
}
