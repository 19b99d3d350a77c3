//! `external`: a peer, measured in the same run. Any program that prints `quantity,value,unit` lines.
//!
//! A line whose unit is a time (`s`, `ms`, `us`, `ns`) is one timed sample of the operation `quantity`; any other line
//! is a score. Lines that begin with `#` are comments. In the arguments, `{key}` stands for the point's value of a
//! parameter and `{seed}` for its seed.
//!
//! A peer that is not installed says so by ending with status 69 (`EX_UNAVAILABLE`); the last comment it printed tells what
//! to do about it, and the point is infeasible with that reason. So is a point whose program does not exist.

use std::io::Read as _;
use std::process::{Command, Stdio};

use harness::{
    Column, ColumnKind, Failure, Key, Kind, Params, Recorder, Rejection, Resolved, Role, Value, Workload,
};

/// Exit status of a peer that is not there, as in `sysexits.h`.
const UNAVAILABLE: i32 = 69;
/// Placeholders that are no parameters.
const BUILT_IN: [&str; 1] = ["seed"];

/// The workload; see the module's text.
#[derive(Clone, Copy, Debug)]
pub struct External;

impl Workload for External {
    fn name(&self) -> &'static str {
        "external"
    }

    fn about(&self) -> &'static str {
        "runs a peer's own program that prints quantity,value,unit lines"
    }

    fn version(&self) -> u32 {
        1
    }

    fn keys(&self) -> Vec<Key> {
        vec![
            Key::own("program", Kind::Text).meaning("path of the program, or its name on PATH"),
            Key::own("args", Kind::list(Kind::Text))
                .default(Vec::<String>::new())
                .meaning("its arguments; {key} stands for a parameter, {seed} for the point's seed"),
            Key::own("peer", Kind::Text)
                .default("")
                .meaning("name in tables and figures; the program where empty"),
            Key::own("peer_version", Kind::Text).default("").meaning("version of the peer, for the record"),
            Key::own("stage", Kind::Text).default("external").meaning("stage of the timed samples"),
        ]
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::parameter("peer", ColumnKind::Text, "", "whose program was run"),
            Column::parameter("peer_version", ColumnKind::Text, "", "version of the peer"),
            Column::size("peer_peak_rss_bytes", "largest resident size of the peer's process"),
            Column::metric("value", "", "a number that the peer printed, in the unit beside it"),
            Column::new(
                "unit",
                ColumnKind::Text,
                Role::Metric,
                "",
                "unit of the value, as the peer printed it",
            ),
        ]
    }

    fn open_params(&self) -> bool {
        true
    }

    fn resolve(&self, params: &Params, _security_bits: u32) -> Result<Resolved, Rejection> {
        for argument in params.list("args")? {
            substitute(&argument.to_string(), params, 0)?;
        }
        let program = params.text("program")?;
        let mut resolved = params.clone();
        if params.text("peer")?.is_empty() {
            resolved.set("peer", program.rsplit('/').next().unwrap_or(program));
        }
        Ok(Resolved::new(resolved))
    }

    fn run(&self, params: &Params, record: &mut Recorder<'_>) -> Result<(), Failure> {
        let seed = record.seed();
        let arguments: Result<Vec<String>, Rejection> =
            params.list("args")?.iter().map(|a| substitute(&a.to_string(), params, seed)).collect();
        let arguments = arguments.map_err(|_| Failure::new("arguments", "an argument names no parameter"))?;
        let program = params.text("program")?;
        let mut child = Command::new(program)
            .args(&arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| {
                Failure::new(
                    "peer_missing",
                    format!("cannot start {program}: {error}; build or install the peer first"),
                )
                .infeasible()
            })?;
        let mut text = String::new();
        if let Some(mut output) = child.stdout.take() {
            output.read_to_string(&mut text)?;
        }
        let status = child.wait()?;
        if status.code() == Some(UNAVAILABLE) {
            let told = text.lines().rev().find_map(|line| line.trim().strip_prefix('#'));
            let why = told.map_or("it does not say why", str::trim);
            return Err(Failure::new("peer_missing", format!("the peer is not here: {why}")).infeasible());
        }
        if !status.success() {
            return Err(Failure::new(
                "peer_failed",
                format!("{program} ended with {status}; its messages are in the log"),
            ));
        }
        let stage = params.text("stage")?;
        let mut quantities = 0;
        for (at, line) in text.lines().enumerate() {
            match parse(line).map_err(|why| Failure::new("peer_output", format!("line {}: {why}", at + 1)))? {
                None => {}
                Some(Quantity::Time { name, seconds }) => {
                    record.timed(stage, name, seconds, 1);
                    quantities += 1;
                }
                Some(Quantity::Other { name, value, unit }) => {
                    record.score(name, [("value", Value::from(value)), ("unit", Value::from(unit))])?;
                    quantities += 1;
                }
            }
        }
        if quantities == 0 {
            return Err(Failure::new(
                "peer_output",
                format!("{program} printed no quantity,value,unit line"),
            ));
        }
        let peak = i64::try_from(record.children_peak_rss_bytes()).unwrap_or(i64::MAX);
        record.set("peer_peak_rss_bytes", peak)
    }
}

/// Replaces `{key}` by the value of the parameter; `{{` and `}}` are braces.
fn substitute(argument: &str, params: &Params, seed: u64) -> Result<String, Rejection> {
    let mut text = String::new();
    let mut rest = argument;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            text.push_str(brace);
            rest = after;
            continue;
        }
        let name = rest.split_once('}').filter(|_| brace == "{").map(|(name, after)| {
            rest = after;
            name
        });
        match name {
            Some("seed") => text.push_str(&seed.to_string()),
            Some(name) if params.get(name).is_some() => {
                text.push_str(&params.get(name).map(ToString::to_string).unwrap_or_default());
            }
            _ => {
                let known: Vec<&str> = params.iter().map(|(key, _)| key).chain(BUILT_IN).collect();
                return Err(Rejection::new(
                    ["args"],
                    format!("the argument \"{argument}\" has a brace that names no parameter"),
                    format!("name one of {}, or write {{{{ and }}}} for braces", known.join(", ")),
                ));
            }
        }
    }
    text.push_str(rest);
    Ok(text)
}

/// What one line says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Quantity<'a> {
    Time { name: &'a str, seconds: f64 },
    Other { name: &'a str, value: f64, unit: &'a str },
}

/// Reads one line; `None` for an empty line, a comment, or the header.
fn parse(line: &str) -> Result<Option<Quantity<'_>>, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') || line == "quantity,value,unit" {
        return Ok(None);
    }
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [name, value, unit] = fields[..] else {
        return Err(format!("expected quantity,value,unit and found {line:?}"));
    };
    if name.is_empty() {
        return Err(format!("the quantity has no name in {line:?}"));
    }
    let number: f64 = value.parse().map_err(|_| format!("{value:?} is not a number"))?;
    if !number.is_finite() {
        return Err(format!("{name} is not finite"));
    }
    let per_second = match unit {
        "s" => 1.0_f64,
        "ms" => 1e3,
        "us" => 1e6,
        "ns" => 1e9,
        unit => return Ok(Some(Quantity::Other { name, value: number, unit })),
    };
    if number < 0.0 {
        return Err(format!("{name} is a negative time"));
    }
    Ok(Some(Quantity::Time { name, seconds: number / per_second }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_times_scores_or_errors() {
        assert_eq!(parse("add, 2.5, ms"), Ok(Some(Quantity::Time { name: "add", seconds: 2.5e-3 })));
        let size = Quantity::Other { name: "size", value: 10.0, unit: "B" };
        assert_eq!(parse("size,10,B"), Ok(Some(size)));
        for skipped in ["", "# a comment", "quantity,value,unit"] {
            assert_eq!(parse(skipped), Ok(None));
        }
        for (bad, why) in [
            ("add,2.5", "expected"),
            ("add,fast,s", "not a number"),
            ("add,nan,s", "finite"),
            ("add,-1,s", "negative"),
            (",1,s", "no name"),
        ] {
            assert!(parse(bad).unwrap_err().contains(why), "{bad}");
        }
    }

    #[test]
    fn placeholders_take_parameters_and_nothing_else() {
        let mut params = Params::new();
        params.set("size", 12);
        params.set("shape.kind", "flat");
        assert_eq!(substitute("--n={size}", &params, 7).unwrap(), "--n=12");
        assert_eq!(substitute("{shape.kind}/{seed}/{{x}}", &params, 7).unwrap(), "flat/7/{x}");
        for bad in ["{sise}", "{size", "size}", "{}"] {
            assert!(substitute(bad, &params, 7).is_err(), "{bad}");
        }
    }
}
