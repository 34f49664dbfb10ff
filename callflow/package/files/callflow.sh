#!/bin/sh
# The station's command line. It works as the station's own account: root becomes it, so that no file
# of the station's is ever root's; others are told.
set -eu

account=callflow home=/var/lib/callflow
# Nothing is imported from the folder that it is called in, nor from whoever calls.
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONDONTWRITEBYTECODE
export PYTHONSAFEPATH=1

if [ "${1:-}" = demo ]; then # a folder of its own, and nothing of the station's settings
    unset CALLFLOW_CONFIG
    [ "$(id -u)" -ne 0 ] || export CALLFLOW_DATA_DIR="${CALLFLOW_DATA_DIR:-$home/demo}"
    export CALLFLOW_DATA_DIR="${CALLFLOW_DATA_DIR:-${XDG_STATE_HOME:-$HOME/.local/state}/callflow-demo}"
else
    export CALLFLOW_CONFIG="${CALLFLOW_CONFIG:-/etc/callflow/callflow.toml}"
    if [ "$(id -u)" -ne 0 ] && [ ! -r "$CALLFLOW_CONFIG" ]; then
        echo "callflow: $(id -un) may not read $CALLFLOW_CONFIG; try: sudo callflow $*" >&2
        exit 1
    fi
fi
[ "$(id -un)" != "$account" ] || export HOME="$home"
if [ "$(id -u)" -eq 0 ]; then
    export HOME="$home" USER="$account" LOGNAME="$account"
    exec setpriv --reuid="$account" --regid="$account" --init-groups \
        /usr/lib/callflow/bin/python3 -P -m callflow "$@"
fi
exec /usr/lib/callflow/bin/python3 -P -m callflow "$@"
