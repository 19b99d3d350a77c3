//! `unsafe` stays in the kernels, and each use says why it is sound.

#![expect(clippy::expect_used, reason = "helpers of tests stop at the first failure")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The only folder that may contain `unsafe`.
const KERNEL: &str = "crates/ring-math/src/kernel";

/// Uses in the whole workspace have to stay below this.
const MAX_USES: usize = 50;

/// Folders without sources of ours.
const SKIPPED: [&str; 3] = ["target", "results", ".git"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All Rust sources below `folder`, with paths relative to `root`.
fn sources(root: &Path, folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !SKIPPED.contains(&name) && !path.is_symlink() {
            sources(root, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(root).expect("a path below the root").to_string_lossy();
            found.push((relative.replace('\\', "/"), fs::read_to_string(&path).expect("UTF-8 source")));
        }
    }
}

/// The source with comments, strings and characters replaced by spaces, line by line.
fn blank_out(source: &str) -> Vec<String> {
    let chars: Vec<char> = source.chars().collect();
    let mut code = String::with_capacity(source.len());
    let mut i = 0;
    while i < chars.len() {
        let end = skipped_end(&chars, i);
        if end == i {
            code.push(chars[i]);
            i += 1;
        } else {
            code.extend(chars[i..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            i = end;
        }
    }
    code.lines().map(str::to_owned).collect()
}

/// The end of the comment, string or character that starts at `i`, or `i` when none does.
fn skipped_end(chars: &[char], i: usize) -> usize {
    let starts = |at: usize, text: &str| text.chars().enumerate().all(|(k, c)| chars.get(at + k) == Some(&c));
    let after_name = i > 0 && (chars[i - 1].is_alphanumeric() || chars[i - 1] == '_');
    if starts(i, "//") {
        return (i..chars.len()).find(|&k| chars[k] == '\n').unwrap_or(chars.len());
    }
    if starts(i, "/*") {
        let (mut depth, mut k) = (1, i + 2);
        while k < chars.len() && depth > 0 {
            let step = if starts(k, "/*") || starts(k, "*/") { 2 } else { 1 };
            depth = if starts(k, "/*") { depth + 1 } else { depth - usize::from(step == 2) };
            k += step;
        }
        return k;
    }
    if let Some(prefix) = ["r", "br", "cr"].into_iter().find(|prefix| !after_name && starts(i, prefix)) {
        let hashes = chars[i + prefix.len()..].iter().take_while(|&&c| c == '#').count();
        let open = i + prefix.len() + hashes;
        if starts(open, "\"") {
            let close = format!("\"{}", "#".repeat(hashes));
            let end = (open + 1..chars.len()).find(|&k| starts(k, &close));
            return end.map_or(chars.len(), |k| k + close.len());
        }
    }
    let quoted = |quote: char| {
        let mut k = i + 1;
        while k < chars.len() && chars[k] != quote {
            k += if chars[k] == '\\' { 2 } else { 1 };
        }
        (k + 1).min(chars.len())
    };
    match chars[i] {
        '"' => quoted('"'),
        // 'a' and '\n' are characters, 'a without a second quote is a lifetime.
        '\'' if chars.get(i + 1) == Some(&'\\') || chars.get(i + 2) == Some(&'\'') => quoted('\''),
        _ => i,
    }
}

/// What follows each use of the keyword on a line of blanked-out code.
fn uses(code: &str) -> impl Iterator<Item = &str> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices("unsafe").filter_map(move |(at, keyword)| {
        let (before, after) = (&code[..at], &code[at + keyword.len()..]);
        (!before.ends_with(word) && !after.starts_with(word)).then(|| after.trim_start())
    })
}

/// Whether one of the comments and attributes right above a line holds `text`.
fn explained(lines: &[&str], line: usize, text: &str) -> bool {
    let above = lines[..line].iter().rev().map(|above| above.trim_start());
    above
        .take_while(|above| above.starts_with("//") || above.starts_with("#["))
        .any(|above| above.contains(text))
}

/// The number of uses in a file, and complaints about them.
fn audit(path: &str, source: &str) -> (usize, Vec<String>) {
    let lines: Vec<&str> = source.lines().collect();
    let code = blank_out(source);
    let (mut count, mut complaints) = (0, Vec::new());
    for (i, line) in code.iter().enumerate() {
        for after in uses(line) {
            count += 1;
            let place = format!("{path}:{}", i + 1);
            let needs_contract = ["fn", "extern", "trait"].iter().any(|word| after.starts_with(word));
            let note = if needs_contract { "# Safety" } else { "// SAFETY:" };
            if !path.starts_with(&format!("{KERNEL}/")) {
                complaints.push(format!("{place}: `unsafe` outside {KERNEL}"));
            } else if !explained(&lines, i, note) {
                complaints.push(format!("{place}: `unsafe` without `{note}` above it"));
            }
        }
    }
    (count, complaints)
}

#[test]
fn unsafe_is_rare_explained_and_in_the_kernels() {
    let mut files = Vec::new();
    sources(&root(), &root(), &mut files);
    assert!(files.iter().any(|(path, _)| path == "experiments/tests/architecture.rs"), "the whole workspace");
    assert!(files.iter().any(|(path, _)| path == "crates/ring-math/src/kernel/mod.rs"), "the kernels");
    let (mut total, mut complaints) = (0, Vec::new());
    for (path, source) in &files {
        let (count, found) = audit(path, source);
        total += count;
        complaints.extend(found);
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(total < MAX_USES, "{total} uses of `unsafe`, allowed are fewer than {MAX_USES}");
    println!("{total} uses of `unsafe` in {} files", files.len());
}

#[test]
fn the_audit_notices_violations() {
    let kernel = &format!("{KERNEL}/some.rs");
    let complaints = |path: &str, source: &str| audit(path, source).1;
    let block = "fn f() {\n    unsafe { g() }\n}\n";
    assert_eq!(
        complaints("crates/ckks/src/lib.rs", block),
        ["crates/ckks/src/lib.rs:2: `unsafe` outside crates/ring-math/src/kernel"]
    );
    // A folder whose name only begins like the kernel's is not the kernel.
    assert_eq!(complaints("crates/ring-math/src/kernel_b/x.rs", block).len(), 1);
    assert_eq!(complaints(kernel, block), [format!("{kernel}:2: `unsafe` without `// SAFETY:` above it")]);
    assert_eq!(
        complaints(kernel, "/// Does it.\nunsafe fn f() {}\n"),
        [format!("{kernel}:2: `unsafe` without `# Safety` above it")]
    );
    // A note that another statement separates from its block does not count, nor one inside a string.
    assert_eq!(complaints(kernel, "// SAFETY: yes\nlet x = 1;\nunsafe { g() }").len(), 1);
    assert_eq!(complaints(kernel, "let note = \"// SAFETY: no\";\nunsafe { g() }").len(), 1);
    assert_eq!(complaints(kernel, "unsafe impl Send for T {}").len(), 1);
    assert_eq!(complaints("build.rs", "let x = /* a \" */ unsafe { g() };").len(), 1);
    assert_eq!(complaints("build.rs", "let c = '\"'; unsafe { g() }").len(), 1);
    assert_eq!(complaints("build.rs", "fn f<'a>(x: &'a T) { unsafe { g() } }").len(), 1);
    assert_eq!(complaints("build.rs", r##"let s = r#"a " b"#; unsafe { g() }"##).len(), 1);
    assert_eq!(complaints("build.rs", "let s = b\"\\\"\"; unsafe { g() } unsafe { h() }").len(), 2);
}

#[test]
fn the_audit_accepts_what_is_in_order() {
    let kernel = &format!("{KERNEL}/some.rs");
    for source in [
        "// SAFETY: the token proves it,\n// as its documentation says.\n#[expect(unsafe_code)]\nunsafe { g() }",
        "#[expect(unsafe_code)]\n// SAFETY: the token proves it.\nlet x = unsafe { g() };",
        "/// Does it.\n///\n/// # Safety\n/// The processor has it.\n#[inline]\npub(super) unsafe fn f() {}",
    ] {
        assert_eq!(audit(kernel, source), (1, vec![]), "{source}");
    }
    for source in [
        "//! `unsafe` is forbidden here",
        "/* unsafe { /* unsafe */ } unsafe */ fn f() {}",
        "#![expect(unsafe_code)]\nfn unsafe_looking() { not_unsafe() }",
        "let s = \"unsafe { \\\" unsafe }\"; let t = r#\"unsafe \" unsafe\"#; let c = '\\'';",
        "let s = \"one line\n unsafe { on the next }\";",
    ] {
        assert_eq!(audit("crates/ckks/src/lib.rs", source), (0, vec![]), "{source}");
    }
}
