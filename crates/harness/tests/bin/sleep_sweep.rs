//! A sweep program whose only workload does nothing useful in every way a point can go: it sleeps, allocates,
//! panics, loops, aborts, is wrong, is slow to start, or is killed. The fault tests drive it.

#![expect(clippy::panic, reason = "a point that panics is what it is for")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use harness::{
    Column, ColumnKind, Failure, Key, Kind, Params, Recorder, Registry, Rejection, Resolved, Value, Workload,
};

struct Sleep;

impl Workload for Sleep {
    fn name(&self) -> &'static str {
        "sleep"
    }

    fn about(&self) -> &'static str {
        "sleeps, allocates and fails on demand"
    }

    fn version(&self) -> u32 {
        1
    }

    fn keys(&self) -> Vec<Key> {
        let shape = vec![
            Key::own("name", Kind::one_of(["flat", "ramp"])).default("flat"),
            Key::own("degree", Kind::int(1, 9)),
        ];
        vec![
            Key::param("size", Kind::int(1, 64)).meaning("how many things are slept over"),
            Key::param("label", Kind::Text).default("none").meaning("a name"),
            Key::param("rate", Kind::float(0.0, 1.0)).default(0.5).meaning("a share"),
            Key::param("auto_size", Kind::word_or("auto", Kind::int(1, 99)))
                .default("auto")
                .meaning("derived"),
            Key::own("millis", Kind::int(0, 100_000)).default(0).unit("ms").meaning("how long each sleep is"),
            Key::own(
                "mode",
                Kind::one_of([
                    "ok",
                    "panic",
                    "abort",
                    "loop",
                    "eat",
                    "touch",
                    "error",
                    "wrong",
                    "nan",
                    "transient",
                    "exit",
                ]),
            )
            .default("ok")
            .meaning("how the point ends"),
            Key::own("mib", Kind::int(0, 1 << 20)).default(0).unit("MiB").meaning("how much is touched"),
            Key::own("max_size", Kind::int(1, 64)).default(64).meaning("larger sizes are infeasible"),
            Key::own("safe_size", Kind::int(1, 64)).default(1).meaning("smaller sizes are insecure"),
            Key::own("weights", Kind::list(Kind::float(-1.0, 1.0)))
                .default(Vec::<f64>::new())
                .meaning("a list"),
            Key::own("shape", Kind::AnyOf(vec![Kind::one_of(["none"]), Kind::Table(shape)]))
                .default("none")
                .meaning("a word or a table"),
        ]
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::parameter("size", ColumnKind::Int, "", "how many things are slept over"),
            Column::parameter("label", ColumnKind::Text, "", "a name"),
            Column::parameter("double_size", ColumnKind::Int, "", "twice the size"),
            Column::size("touched_bytes", "what the point touched"),
            Column::error("err_abs", "", "an invented error"),
            Column::metric("metric_value", "", "an invented metric"),
        ]
    }

    fn resolve(&self, params: &Params, _security_bits: u32) -> Result<Resolved, Rejection> {
        let (size, max) = (params.int("size")?, params.int("max_size")?);
        let degree = params.int("shape.degree").unwrap_or(1);
        if degree > size {
            return Err(Rejection::new(
                ["shape.degree", "size"],
                format!("a shape of degree {degree} needs at least as large a size"),
                "lower `shape.degree` or raise `size`",
            ));
        }
        let mut params = params.clone();
        if params.get("auto_size") == Some(&Value::from("auto")) {
            params.set("auto_size", size.min(99));
        }
        let mib = params.count("mib")? as u64;
        let resolved = Resolved::new(params.clone())
            .cost(1.0 + params.float("millis")?)
            .memory_bytes(mib << 20)
            .cell("double_size", 2 * size);
        Ok(if size > max {
            resolved.infeasible("too_large", format!("size {size} is over max_size {max}"))
        } else if size < params.int("safe_size")? {
            resolved.insecure(format!("size {size} is not safe"))
        } else {
            resolved
        })
    }

    fn run(&self, params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
        let nap = Duration::from_millis(params.count("millis")? as u64);
        let mib = params.count("mib")?;
        match params.text("mode")? {
            "panic" => panic!("asked to panic at size {}", params.int("size")?),
            "abort" => std::process::abort(),
            "exit" => std::process::exit(9),
            "loop" => loop {
                std::hint::spin_loop();
            },
            "eat" => {
                let mut eaten = Vec::new();
                loop {
                    eaten.push(vec![1_u8; 1 << 20]);
                    std::hint::black_box(&eaten);
                    std::thread::sleep(Duration::from_micros(300));
                }
            }
            "error" => return Err(Failure::new("asked", "asked to fail")),
            "transient" => return Err(Failure::new("weather", "not today").transient()),
            _ => {}
        }
        if params.text("mode")? == "touch" {
            let touched = record.stage("touch", "").once().run(|| Ok::<_, Failure>(vec![1_u8; mib << 20]))?;
            record.set("touched_bytes", std::hint::black_box(touched.value).len() as i64)?;
        }
        let start = Instant::now();
        let slept = record.stage("sleep", "nap").run(|| {
            std::thread::sleep(nap);
            Ok::<_, Failure>(start.elapsed())
        })?;
        let size = params.int("size")? as f64;
        let error = if params.text("mode")? == "nan" { f64::NAN } else { 1e-9 * size };
        record.annotate(slept.id, [("err_abs", error)])?;
        record.verify(slept.id, params.text("mode")? != "wrong", "asked to be wrong");
        record.score("mean", [("metric_value", size / 2.0)])?;
        Ok(())
    }
}

fn main() -> ExitCode {
    harness::main(Registry::new("sleep-sweep").with(&Sleep))
}
