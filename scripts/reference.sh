#!/usr/bin/env bash
# Measures the sweeps whose results are committed and publishes them to results/reference. Needs a clean commit and a quiet
# machine. Usage: scripts/reference.sh [--estimate] [NAME ...]        all of them where no NAME is given
#
# Runs go to results/runs/COMMIT/NAME: an interrupted one continues when the script is started again on the same commit, and
# points of different commits never mix. --estimate only says how long each sweep would take, by what was measured before.
# peers and precision need scripts/peers/setup.sh (or PEERS); without it their points are infeasible and they are not
# published.
# Afterwards: git add results/reference && git commit.
set -euo pipefail
cd "$(dirname "$0")/.."
all=(paper_n8 ops depth memory paper_table linreg knn mlp peers precision)
# What has no configuration yet is left out.
for later in bootstrap bootstrap_chain refresh rows features speed; do
    if [ -f "configs/$later.toml" ]; then all+=("$later"); fi
done
estimate=false names=()
for argument in "$@"; do
    case $argument in
    --estimate) estimate=true ;;
    -*) echo "unknown option $argument" >&2; exit 2 ;;
    *)
        if [ ! -f "configs/$argument.toml" ]; then echo "no configs/$argument.toml" >&2; exit 2; fi
        names+=("$argument") ;;
    esac
done
if [ ${#names[@]} -eq 0 ]; then names=("${all[@]}"); fi
if [ "$estimate" = false ] && [ -n "$(git status --porcelain)" ]; then
    echo "the working tree has changes; commit first: results are published from clean commits only" >&2
    exit 2
fi
cargo build --release --bin sweep
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
sweep=$target/release/sweep
export SWEEP=$sweep
runs=results/runs/$(git rev-parse --short=12 HEAD)
peers=${PEERS:-target/peers}

for name in "${names[@]}"; do
    echo "$name: $("$sweep" run "configs/$name.toml" --out "$runs/$name" --dry-run | tail -n 1)"
done
if [ "$estimate" = true ]; then exit 0; fi

# All runs before the first publication, which changes the working tree.
done=()
for name in "${names[@]}"; do
    if [[ $name == peers || $name == precision ]] && [ ! -x "$peers/bin/python" ]; then
        echo "$name: left out, no $peers; run scripts/peers/setup.sh" >&2
        continue
    fi
    started=$SECONDS
    "$sweep" run "configs/$name.toml" --out "$runs/$name" --retry-failed
    "$sweep" report "$runs/$name" >/dev/null
    if [ "$name" = peers ]; then python3 scripts/peers/ratios.py "$runs/peers" >/dev/null; fi
    if [ "$name" = precision ]; then python3 scripts/peers/bits.py "$runs/precision" >/dev/null; fi
    echo "$name: $((SECONDS - started)) s"
    done+=("$name")
done
for name in "${done[@]}"; do
    "$sweep" publish "$runs/$name"
done
"$sweep" figures
echo "measured and published in $SECONDS s: ${done[*]}"
