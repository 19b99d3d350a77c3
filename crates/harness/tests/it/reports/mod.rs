//! What is derived from results: tables, figures, comparisons, exports; and what the program says about itself.

mod drawn;
mod program;
mod tables;

use crate::common::Bench;

const PLOTS: &str = "[plot.time]\nx = \"size\"\ny = \"wall_s\"\nseries = \"label\"\nwhere = \"stage == sleep\"\ny_axis = \"log10\"\n\
     title = \"time against size\"\n[plot.error]\nx = \"size\"\ny = \"err_abs\"\nseries = [\"label\"]\nwhere = \"stage == sleep\"\n\
     y_axis = \"log10\"\nx_axis = \"log2\"\n";

fn config(workload: &str, rest: &str) -> String {
    format!(
        "schema = 1\nname = \"t\"\n[workload.sleep]\n{workload}[grid]\nsize = [1, 2, 4]\nlabel = [\"a\", \"b\"]\n\
         [measure]\nsamples = 7\n{PLOTS}{rest}"
    )
}

/// The folder after running and reporting a configuration.
fn reported(text: &str) -> Bench {
    let bench = Bench::new(&[("t.toml", text)]);
    bench.expect(0, &["run", "t.toml"]);
    bench.expect(0, &["report", "results/t"]);
    bench
}

/// Plots and claims over the invented error, which is a billionth of the size, and the metric, half the size.
const FURTHER: &str = "[plot.sides]\nkind = \"dots\"\nx = \"err_abs\"\nrows = [\"op\", \"size\"]\nseries = \"label\"\n\
    where = \"stage == sleep\"\nx_axis = \"log10\"\nquestion = \"Who is where?\"\n\
    [plot.twice]\nx = \"size\"\ny = [\"err_abs\", \"wall_s\"]\nseries = \"label\"\nwhere = \"stage == sleep\"\ny_axis = \"log10\"\n\
    [plot.times]\nkind = \"ratios\"\nx = \"err_abs\"\nrows = \"op\"\nversus = \"label\"\nbase = \"a\"\npool = \"size\"\n\
    where = \"stage == sleep and size != 1\"\nx_axis = \"log10\"\n\
    [verdict.small]\nclaim = \"errors are small\"\nvalue = \"err_abs\"\nwhere = \"stage == sleep\"\nat_most = 4e-9\n\
    [verdict.half]\nclaim = \"the mean is half the size\"\nvalue = \"metric_value\"\nagainst = \"size\"\nby = \"ratio\"\n\
    where = \"op == mean\"\nat_least = 0.5\nat_most = 0.5\n\
    [verdict.grows]\nclaim = \"four times the size, eight times the error\"\nvalue = \"err_abs\"\nwhere = \"stage == sleep and size == 4\"\n\
    against_where = \"stage == sleep and size == 1\"\nby = \"ratio\"\nat_least = 8\n\
    [verdict.absent]\nclaim = \"what was not measured is good\"\nvalue = \"err_abs\"\nwhere = \"size == 77\"\nat_most = 1\n";
