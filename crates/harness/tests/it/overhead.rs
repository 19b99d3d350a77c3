//! Many trivial points: none is lost. What each costs beyond its work is measured outside the tests.

use crate::common::Bench;

#[test]
fn two_hundred_trivial_points_all_get_their_rows() {
    let text = "schema = 1\nname = \"t\"\n[workload.sleep]\n[grid]\nsize = { from = 1, to = 50 }\nlabel = [\"a\", \"b\", \"c\", \"d\"]\n[measure]\nsamples = 1\nwarmup = 0\n";
    let bench = Bench::new(&[("t.toml", text)]);
    bench.expect(0, &["run", "t.toml"]);
    assert_eq!(bench.table("results/t").len(), 200 * 2);
}
