# The harness itself: a case that asks for two CPUs has them.
# cpus: 2
# native: no the machine has the CPUs that it has

check test "$(nproc)" -ge 2
