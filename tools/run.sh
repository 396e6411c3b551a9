#!/bin/bash
# `make run`: the agent on this machine, for a look. Events go to the terminal in the compact form and as JSON lines to
# a file; Ctrl-C ends it with a summary. Arguments: the agent's binary, then further flags for it ($TRIGON_FLAGS too).
set -euo pipefail

trigon=$1
shift
log=${TRIGON_LOG:-$(dirname "$trigon")/events.json}

if ((EUID != 0)); then
    echo "trigon: watching processes needs root: sudo make run" >&2
    exit 1
fi
echo "trigon: JSON log: $log    (trigon events <$log prints it; Ctrl-C ends with a summary)" >&2
# shellcheck disable=SC2086 # TRIGON_FLAGS holds several flags
exec "$trigon" agent --export-filename "$log" --enable-process-cred --print compact --summary ${TRIGON_FLAGS:-} "$@"
