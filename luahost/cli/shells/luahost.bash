# Completion of luahost in bash. In ~/.bashrc: source <(luahost completion bash)
_luahost() {
    local line="${COMP_LINE:0:COMP_POINT}" words typed value about joined=
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    typed="${words[${#words[@]} - 1]}"
    # bash ends a word at = and :, and puts in what stands behind.
    local before="${typed%"${typed##*[=:]}"}" rest="${typed##*[=:]}"
    COMPREPLY=()
    while IFS=$'\t' read -r value about; do
        case $value in
            :files) compopt -o filenames 2> /dev/null
                while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$rest") ;;
            :folders) compopt -o filenames 2> /dev/null
                while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -d -- "$rest") ;;
            *) COMPREPLY+=("${value#"$before"}")
                [[ $value == *= ]] && compopt -o nospace 2> /dev/null ;;
        esac
    done < <("${1/#\~/$HOME}" completion --words "${words[@]:1}" 2> /dev/null)
}
complete -F _luahost luahost
