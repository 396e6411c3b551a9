# Each argument type is read as the kernel has it, and is in the event as the interface says.
# timeout: 400
# native: no the tables are by kernel

# shellcheck source=tests/vm/matrix.sh
. "$REPOSITORY/tests/vm/matrix.sh"
matrix_run types
