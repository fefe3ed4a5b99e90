
# Alt+m ("memory") at the prompt: a command that was run before, by you or an agent, found by what is typed and put in its place.
# Nothing is run. For another key: bind KEY __creel_pick
if status is-interactive
    function __creel_pick
        set -l chosen (command creel search --pick --line=(commandline | string join ' ') kind:command | string collect)
        if test -n "$chosen"
            commandline --replace -- $chosen
        end
        commandline --function repaint
    end
    bind \em __creel_pick
    bind --mode insert \em __creel_pick
    bind --mode default \em __creel_pick
end
