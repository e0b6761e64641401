#compdef luahost
# Completion of luahost in zsh. In ~/.zshrc, after compinit: source <(luahost completion zsh)
_luahost() {
    local line value about
    local -a whole joined
    for line in "${(@f)$("${~words[1]}" completion --words "${(@)words[2,CURRENT]}" 2> /dev/null)}"; do
        value="${line%%$'\t'*}" about="${line#*$'\t'}"
        [[ "$line" == *$'\t'* ]] || about=
        case "$value" in
            '') ;;
            :files) _files ;;
            :folders) _files -/ ;;
            *=) joined+=("${value//:/\\:}${about:+:$about}") ;;
            *) whole+=("${value//:/\\:}${about:+:$about}") ;;
        esac
    done
    (( $#joined )) && _describe -t values value joined -S ''
    (( $#whole )) && _describe -t values value whole
}
if [[ "${funcstack[1]}" == _luahost ]]; then
    _luahost "$@"
else
    compdef _luahost luahost
fi
