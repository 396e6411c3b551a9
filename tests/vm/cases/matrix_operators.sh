# Each operator matches what it says and not its neighbour.
# timeout: 400
# native: no the tables are by kernel

# shellcheck source=tests/vm/matrix.sh
. "$REPOSITORY/tests/vm/matrix.sh"
matrix_run operators
