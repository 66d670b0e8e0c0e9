#!/bin/sh
# Names each missing prerequisite, before anything is installed or built.
python=${1:-python3}
missing=0

lacks() {
    echo "Kindpakket needs $1" >&2
    missing=1
}

if ! command -v "$python" >/dev/null 2>&1; then
    lacks "Python 3.11 or newer, and '$python' is not on the PATH: install it, or name one with make PYTHON=/path/to/python3."
elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    lacks "Python 3.11 or newer, and '$python' is $("$python" -V 2>&1): name a newer one with make PYTHON=/path/to/python3."
elif ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
    lacks "Python's venv module: install the package python3-venv."
fi

if ! command -v go >/dev/null 2>&1; then
    lacks "Go 1.26 or newer to build Fabric and the chaincode, and 'go' is not on the PATH."
elif ! go version | awk '{ split(substr($3, 3), v, "."); exit !(v[1] > 1 || v[2] + 0 >= 26) }'; then
    lacks "Go 1.26 or newer to build Fabric and the chaincode, and 'go version' says: $(go version)."
fi

if ! command -v cc >/dev/null 2>&1 && ! command -v gcc >/dev/null 2>&1; then
    lacks "a C compiler to build Fabric CA's database driver: install gcc."
fi

exit $missing
