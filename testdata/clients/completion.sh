# Bash, with the completion that the program prints.
set -eu
bash --norc -c '
    source <(sops completion bash)
    complete_words() {
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        COMPREPLY=()
        $(complete -p sops | sed "s/.*-F \([^ ]*\).*/\1/") sops "${!#}" "${COMP_WORDS[$((COMP_CWORD - 1))]}"
        echo "$*:"
        printf "%s\n" "${COMPREPLY[@]}" | grep -vE "^-*h(elp)?$" | sort --unique
    }
    complete_words sops de
    complete_words sops exec-
    complete_words sops groups a
    complete_words sops decrypt --o
'
