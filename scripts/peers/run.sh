#!/usr/bin/env bash
# Runs one of the programs here with the peers' Python (PEERS, or target/peers) and as many threads as it is told.
# Ends with 69 and a comment where they are not set up, so that the point is infeasible with that reason.
# Usage: scripts/peers/run.sh PROGRAM.py --threads=N ...
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
peers=${PEERS:-$here/../../target/peers}
if [ ! -x "$peers/bin/python" ]; then
    echo "# no peers in $peers: run scripts/peers/setup.sh"
    exit 69
fi
threads=1
for argument in "$@"; do
    case $argument in --threads=*) threads=${argument#--threads=} ;; esac
done
export OMP_NUM_THREADS=$threads
exec "$peers/bin/python" "$here/$1" "${@:2}"
