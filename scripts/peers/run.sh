#!/usr/bin/env bash
# Runs one of the programs here with the peers' Python (PEERS, or target/peers) and as many threads as it is told.
# Usage: scripts/peers/run.sh PROGRAM.py --threads N ...
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
peers=${PEERS:-$here/../../target/peers}
if [ ! -x "$peers/bin/python" ]; then
    echo "no peers in $peers; run scripts/peers/setup.sh first" >&2
    exit 1
fi
threads=1
for at in $(seq 1 $#); do
    if [ "${!at}" = --threads ]; then next=$((at + 1)); threads=${!next}; fi
done
export OMP_NUM_THREADS=$threads
exec "$peers/bin/python" "$here/$1" "${@:2}"
