#!/bin/sh
# Install the front-end packages of package-lock.json, with the machine's npm or with Node as a wheel.
set -eu
cd "$(dirname "$0")/.."

if ! command -v npm >/dev/null 2>&1; then
    if [ ! -x .venv/bin/npm ]; then
        .venv/bin/python -m pip install --quiet --disable-pip-version-check \
            --require-hashes --only-binary :all: -r requirements/node.txt
    fi
    PATH="$PWD/.venv/bin:$PATH"
    export PATH
fi
# Networks that look into TLS have their certificate in the system's store; old Nodes ignore this.
export NODE_USE_SYSTEM_CA=1
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
