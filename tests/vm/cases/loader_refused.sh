# A policy with `loader: true` is refused, with the reason, on a kernel that does not tell build ids; other policies run.
# kernels: 5.10
mkdir policies
cp "$REPOSITORY/policies/library.yaml" "$REPOSITORY/policies/modules.yaml" policies/

agent_start --tracing-policy-dir "$WORK/policies"
policies_ready 1 1
check grep -q 'library.yaml:.* error: spec.loader: loader event are not supported on running kernel' "$AGENT_STDERR"
check grep -q 'remedy: .*5\.12' "$AGENT_STDERR"
agent_stop
expect_no_jq 'select(.process_loader)' process_loader
