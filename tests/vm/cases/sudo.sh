# sudo Invocation Monitoring: the library's filter prints real sudo as root and as a user, and no program that is only told of it.
filter=$(library_filter "sudo Invocation Monitoring")

# A user of this case only; nothing of the machine changes.
cat /etc/passwd - <<<'trigon:*:4711:4711::/:/bin/sh' >passwd
cat /etc/sudoers - <<<'trigon ALL=(ALL) NOPASSWD: ALL' >sudoers
chmod 440 sudoers
for file in passwd sudoers; do
    mount --bind "$file" "/etc/$file"
    cleanup "umount /etc/$file"
done

agent_start
sudo /bin/true by-root
as_user 4711 sudo -n /bin/true by-user
/bin/true sudo
agent_stop
expect_jq "$filter" '^"[0-9T:.-]+Z null /usr/bin/sudo /bin/true by-root"$' 1
expect_jq "$filter" '^"[0-9T:.-]+Z null /usr/bin/sudo -n /bin/true by-user"$' 1
expect_jq 'select(.process_exec.process.arguments == "by-user") | .process_exec.process.uid' '^0$' 1
expect_no_jq "$filter" '/bin/true sudo"'
