
# Alt+m ("memory") at the prompt: a command that was run before, by you or an agent, found by what is typed and put in its place.
# Nothing is run. For another key: bindkey 'KEY' __creel_pick
if [[ -o interactive && -o zle ]]; then
    __creel_pick() {
        local chosen
        chosen="$(command creel search --pick --line="$BUFFER" kind:command)" && {
            BUFFER="$chosen"
            CURSOR=${#BUFFER}
        }
        zle reset-prompt
    }
    zle -N __creel_pick
    bindkey -M emacs '^[m' __creel_pick
    bindkey -M viins '^[m' __creel_pick
    bindkey -M vicmd '^[m' __creel_pick
fi
