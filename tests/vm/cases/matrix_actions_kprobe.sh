# The same as matrix_actions with kprobes in place of trampolines.
# timeout: 400
# native: no the tables are by kernel

# shellcheck source=tests/vm/matrix.sh
. "$REPOSITORY/tests/vm/matrix.sh"
matrix_run actions --hook-attach=kprobe
