#!/usr/bin/env bash
# Sets up the peers that configs/peers.toml measures: the PyPI wheels of OpenFHE's and SEAL's (TenSEAL) Python bindings,
# in a virtual environment. Usage: scripts/peers/setup.sh [FOLDER]     (target/peers where it is left out)
#
# The wheel openfhe 1.6.1.0.22.4 is built for glibc 2.35 and carries an extension for CPython 3.10 only, although pip
# installs it for any version. With a Python 3.10 it loads as it is. With another 3.x this script copies the extension
# under that version's name and changes, in the copy, the version string that it compares with the interpreter's;
# the wheel's own file stays as it is. OpenFHE's arithmetic is in the shared libraries beside it, which are not touched.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=${1:-target/peers}

python=${PYTHON:-$(command -v python3.10 || command -v python3)}
if ! "$python" --version >/dev/null 2>&1; then python=$(command -v python3); fi
"$python" -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check openfhe==1.6.1.0.22.4 tenseal==0.3.18 numpy

"$folder/bin/python" - <<'PYTHON'
import pathlib
import sys
import sysconfig

have = f"{sys.version_info.major}.{sys.version_info.minor}"
package = pathlib.Path(sysconfig.get_paths()["purelib"]) / "openfhe"
wheel = next(package.glob("openfhe.cpython-310-*.so"))
if have != "3.10":
    content = wheel.read_bytes()
    # The zero byte ends the string; a longer version takes one of the zeros that pad it.
    wanted, given = b"\x003.10\x00\x00", b"\x00" + have.encode() + b"\x00"
    given = given.ljust(len(wanted), b"\x00")
    if content.count(wanted) != 1 or len(given) != len(wanted):
        sys.exit(f"the version string of {wheel.name} is not where it was; use Python 3.10 (PYTHON=python3.10)")
    copy = package / f"openfhe{sysconfig.get_config_var('EXT_SUFFIX')}"
    copy.write_bytes(content.replace(wanted, given))
    print(f"copied {wheel.name} to {copy.name} with the version string {have}")
import openfhe  # noqa: E402  (what this is about)
import tenseal  # noqa: E402

openfhe.CCParamsCKKSRNS()
print(f"openfhe loads in Python {have}; tenseal {tenseal.__version__}")
PYTHON
echo "ready: cargo run --release --bin sweep -- run configs/peers.toml"
