#!/usr/bin/env bash
# Measures the sweeps whose results are committed and publishes them to results/reference. Needs a clean commit and a quiet
# machine; takes about ten minutes there. Usage: scripts/reference.sh [NAME ...]   (ops depth memory paper_n8)
# An interrupted run continues when it is started again. Afterwards: git add results/reference && git commit.
set -euo pipefail
cd "$(dirname "$0")/.."
names=("$@")
if [ ${#names[@]} -eq 0 ]; then names=(ops depth memory paper_n8); fi
if [ -n "$(git status --porcelain)" ]; then
    echo "the working tree has changes; commit first: results are published from clean commits only" >&2
    exit 2
fi
cargo build --release --bin sweep
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
sweep=$target/release/sweep
# All runs before the first publication, which changes the working tree.
for name in "${names[@]}"; do
    "$sweep" run "configs/$name.toml" --retry-failed
    "$sweep" report "results/$name" >/dev/null
done
for name in "${names[@]}"; do
    "$sweep" publish "$name"
done
"$sweep" figures --check
