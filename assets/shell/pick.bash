
# Alt+m ("memory") at the prompt: a command that was run before, by you or an agent, found by what is typed and put in its place.
# Nothing is run. For another key: bind -x '"KEY": __creel_pick'
if [[ $- == *i* ]] && (( BASH_VERSINFO[0] > 4 || (BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] >= 3) )); then
    __creel_pick() {
        local chosen
        chosen=$(command creel search --pick --line="$READLINE_LINE" kind:command) || return 0
        READLINE_LINE=$chosen
        READLINE_POINT=${#READLINE_LINE}
    }
    for __creel_keymap in emacs-standard vi-insert vi-command; do
        bind -m "$__creel_keymap" -x '"\em": __creel_pick' 2>/dev/null
    done
    unset __creel_keymap
fi
