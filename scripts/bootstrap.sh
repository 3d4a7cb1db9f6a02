#!/bin/sh
# Make .venv and install the locked packages, or say in one sentence what is in the way.
#   scripts/bootstrap.sh        what the application needs
#   scripts/bootstrap.sh dev    the tools for tests and checks as well
set -eu
cd "$(dirname "$0")/.."

stop() {
    echo "$*" >&2
    exit 2
}

fits() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if fits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

make_venv() {
    python=$(find_python)
    [ -n "$python" ] || stop "Rectify needs Python 3.11, 3.12 or 3.13: install one, or name it with PYTHON=/path/to/python3 make run."
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        stop "This Python cannot make a virtual environment: install python3-venv (Debian, Ubuntu: apt-get install python3-venv) and start again."
    "$python" -m venv --clear .venv || stop "The folder .venv cannot be made here: check the disk and who owns this folder."
}

# A copy of the lock file is kept beside the packages: the next start compares and installs nothing.
install() {
    if ! cmp -s "$1" ".venv/$1"; then
        echo "Installing $1 (the first time takes a minute or two)…"
        .venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r "$1" ||
            stop "The packages of $1 could not be installed: check the network, or point PIP_INDEX_URL at a mirror and start again."
        cp "$1" ".venv/$1"
    fi
}

if ! fits .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    make_venv
fi
install requirements.txt
if [ "${1:-}" = dev ]; then
    install requirements-dev.txt
fi
