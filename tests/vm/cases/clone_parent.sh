# A child made with CLONE_PARENT is its maker's sibling: it runs its maker's program, and its parent is the maker's parent.

clone_parent=$(helper clone_parent)
touch mark
agent_start
bash -c '"$1" mark >made; true' the-shell "$clone_parent"
read -r pid <made
expect_jq .process_exit.status '^42$'
agent_stop
jq -r --argjson pid "$pid" 'select(.process_exit.process.pid == $pid) | .process_exit |
    "\(.process.binary) \(.process.arguments) \(.parent.binary) \(.parent.arguments | endswith("the-shell '"$clone_parent"'"))"' "$LOG" >told
check diff <(echo "$clone_parent mark /usr/bin/bash true") told
