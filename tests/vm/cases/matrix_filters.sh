# Each filter of a selector lets through what it says and nothing else.
# timeout: 400
# native: no the tables are by kernel

# shellcheck source=tests/vm/matrix.sh
. "$REPOSITORY/tests/vm/matrix.sh"
matrix_run filters
