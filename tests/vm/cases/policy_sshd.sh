# SSHd connection monitoring: the line for a real login, none for a port without sshd; a tracked socket is its owner's.
filter=$(library_filter "SSHd connection monitoring")

# A user of this case only; nothing of the machine changes.
cat /etc/passwd - <<<'trigon:*:4711:4711::/:/bin/sh' >passwd
mount --bind passwd /etc/passwd
cleanup "umount /etc/passwd"
mkdir -p /run/sshd
ssh-keygen -q -t ed25519 -N '' -f key
ssh-keygen -q -t ed25519 -N '' -f host_key
cat >sshd_config <<CONFIG
ListenAddress 127.0.0.1
HostKey $WORK/host_key
PidFile $WORK/sshd.pid
AuthorizedKeysFile $WORK/key.pub
StrictModes no
UsePAM no
CONFIG
# Without the slower one of the ways to agree on a key.
login=(ssh -F none -i key -l trigon -o KexAlgorithms=curve25519-sha256 -o StrictHostKeyChecking=no
    -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR)

agent_start --tracing-policy "$REPOSITORY/policies/sshd.yaml"
require_hook tcp_close
policies_ready
[[ $KERNEL != native || -z $(ss -Hltn 'sport = :22') ]] || skip "something listens on port 22 already"
/usr/sbin/sshd -f sshd_config -E sshd.log
wait_until 10 test -s sshd.pid || fail "no sshd: $(<sshd.log)"
cleanup "kill $(<sshd.pid)"
! "${login[@]}" -p 23 127.0.0.1 true 2>/dev/null
expect_no_jq "$filter" /usr/sbin/sshd
"${login[@]}" 127.0.0.1 true || fail "no login: $(<sshd.log)"
address='AF_INET SOCK_STREAM  IPPROTO_TCP 127\.0\.0\.1'
expect_jq "$filter" "^\"[0-9T:.-]+Z /usr/sbin/sshd .*$address:22\"\$" 1
expect_jq "$filter" "^\"[0-9T:.-]+Z /usr/bin/ssh .*$address:[0-9]+\"\$" 1 # the other end

# A socket whose last user is another process than the one that made it, which has ended: tcpserver, for whom perl stands
# in. The one of a program that is not tracked is its last user's.
# shellcheck disable=SC2016 # for perl
program='BEGIN { $^F = 9 } use Socket; socket(S, AF_INET, SOCK_STREAM, 0) or die; my $parent = $$;
    exit if fork; select undef, undef, undef, 0.02 while getppid() == $parent; exec "/bin/true", $ARGV[0]'
if [[ $KERNEL != native ]]; then
    cp /usr/bin/perl /usr/sbin/tcpserver
    tcpserver -e "$program" tracked
    owners='.process_kprobe | select(.function_name == "tcp_close") | "\(.process.binary) \(.process.arguments)"'
    expect_jq "$owners" '^"/usr/sbin/tcpserver .* tracked"$' 1
    # This one's socket is likely to be at the same address.
    perl -e "$program" untracked
    expect_jq "$owners" '^"/bin/true untracked"$' 1
    expect_no_jq "$owners" '/bin/true tracked'
fi
agent_stop
