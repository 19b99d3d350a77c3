//! Records how the crate is built, for the manifest of every run.

use std::env;
use std::process::Command;

fn main() {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(compiler).arg("-V").output();
    let version = version.ok().and_then(|o| String::from_utf8(o.stdout).ok()).unwrap_or_default();
    // OUT_DIR is .../<profile>/build/harness-<hash>/out; PROFILE alone knows only debug and release.
    let out = env::var("OUT_DIR").unwrap_or_default();
    let folders: Vec<&str> = out.split(['/', '\\']).collect();
    let build = folders.iter().rposition(|folder| *folder == "build");
    let profile = build.and_then(|at| folders.get(at.checked_sub(1)?)).map(|p| (*p).to_owned());
    let profile = profile.or_else(|| env::var("PROFILE").ok()).unwrap_or_default();
    let set = |name: &str, value: &str| println!("cargo::rustc-env=HARNESS_{name}={}", value.trim());
    set("RUSTC", &version);
    set("PROFILE", if profile == "debug" { "dev" } else { &profile });
    set("TARGET", &env::var("TARGET").unwrap_or_default());
    set("OPT_LEVEL", &env::var("OPT_LEVEL").unwrap_or_default());
    set("RUSTFLAGS", &env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default().replace('\u{1f}', " "));
    println!("cargo::rerun-if-changed=build.rs");
}
