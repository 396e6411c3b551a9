# Arguments arrive as they were given: blanks, quotes, newlines, escape sequences, broken UTF-8, empty ones, none at all.

# Exactly one exec event has the arguments $1.
seen() {
    local count

    count=$(jq --arg wanted "$1" 'select(.process_exec.process.arguments == $wanted) | 1' "$LOG" | grep -c 1 || true)
    [[ $count == 1 ]] || fail "$count events, not 1, with the arguments: $(printf %q "$1")"
}

agent_start
/bin/true words 'a b' c ' ' 'd '
/bin/true quotes 'say "hi"' "it's" '"' 'back\slash' '\"'
/bin/true lines $'one\ntwo' $'three\r\n' $'tab\there' $'\v\f\b\a\x7f'
/bin/true escapes $'\e[31mred\e[0m' $'\e]0;title\a'
/bin/true utf8 'grüße' '日本' '🚀'
/bin/true broken $'\xff\xfe' $'cut\xe2\x82' $'\xed\xa0\x80' $'\xc0\xaf' $'\xf0\x9f\x9a'
/bin/true empty '' '' end ''
/bin/true '' first is empty
/bin/true 'first has' blanks
exec_with=$(helper exec_with)
"$exec_with" noargv /bin/true
log_sync

seen 'words "a b" c " " "d "'
seen 'quotes "say "hi"" it'\''s " back\slash \"'
seen $'lines one\ntwo three\r\n tab\there \v\f\b\a\x7f'
seen $'escapes \e[31mred\e[0m \e]0;title\a'
seen 'utf8 grüße 日本 🚀'
seen $'broken \uFFFD\uFFFD cut\uFFFD \uFFFD\uFFFD\uFFFD \uFFFD\uFFFD \uFFFD'
seen 'empty   end '
seen 'first is empty'
seen ' "first has" blanks'
expect_jq 'select(.process_exec.process.binary == "/bin/true" and .process_exec.process.arguments == null) |
    .process_exec.process.flags' '^"execve"$|^"execve rootcwd"$' 1

# A control character never stands in the log as such: a terminal or a line reader would act on it.
check test -z "$(LC_ALL=C grep -P '[\x00-\x1f]' "$LOG" || true)"
agent_stop
