# Completion of luahost in fish: luahost completion fish > ~/.config/fish/completions/luahost.fish
function __luahost_complete
    set -l before (commandline -opc)
    set -l typed (commandline -ct)
    for line in ($before[1] completion --words $before[2..-1] "$typed" 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path "$typed"
            case ':folders'
                __fish_complete_directories "$typed"
            case '*'
                printf '%s\n' $line
        end
    end
end
complete -c luahost -f -a '(__luahost_complete)'
