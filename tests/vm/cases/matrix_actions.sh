# Each action has its effect, where its selector matches and nowhere else.
# timeout: 400
# native: no the tables are by kernel

# shellcheck source=tests/vm/matrix.sh
. "$REPOSITORY/tests/vm/matrix.sh"
matrix_run actions
