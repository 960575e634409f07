/*
 * gridkey completion: a script for bash, zsh or fish, made from the table of commands.
 *
 * The scripts hold a table of lines STATE;NAME;KIND;HELP and a function that looks into it. STATE
 * is the words that came before: "" for nouns, a noun for its verbs, "NOUN VERB" for options and
 * arguments, "-" for global options. NAME is a word, an option, or <N> for the Nth argument. KIND
 * is what follows: FILE; SECTION of the .edgerc, which gridkey edgerc list is asked for; WORD for
 * one of those in the state "STATE NAME"; "." for something that cannot be known; or nothing.
 */
#include "cli/commands.h"

#include "base/buffer.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"

#include <string.h>

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ_|"
#define SMALL "abcdefghijklmnopqrstuvwxyz0123456789-"

/* --- scripts -------------------------------------------------------------------------------- */

/* For bash and zsh, behind the table. */
static const char completion_common[] =
    "_gridkey_find() # STATE NAME: whether there is such a line; sets kind and place\n"
    "{\n"
    "    local line=$'\\n'\"$1;$2;\" before\n"
    "    before=${_gridkey_table%%\"$line\"*}\n"
    "    ((${#before} < ${#_gridkey_table})) || return 1\n"
    "    kind=${_gridkey_table:$((${#before} + ${#line}))}\n"
    "    kind=${kind%%;*}\n"
    "    place=\"$1 $2\"\n"
    "}\n"
    "_gridkey_option() # NAME\n"
    "{\n"
    "    _gridkey_find \"$command\" \"$1\" || _gridkey_find - \"$1\"\n"
    "}\n"
    "_gridkey_lines() # STATE: adds to found and helps\n"
    "{\n"
    "    local state name kind help\n"
    "    while IFS=';' read -r state name kind help; do\n"
    "        if [[ $state == \"$1\" && -n $name && $name != '<'* ]]; then\n"
    "            found+=(\"$name\") helps+=(\"$help\")\n"
    "        fi\n"
    "    done <<<\"$_gridkey_table\"\n"
    "}\n"
    "_gridkey_sections()\n"
    "{\n"
    "    local name\n"
    "    [[ $file != - ]] || return\n"
    "    while IFS= read -r name; do\n"
    "        found+=(\"$name\") helps+=('')\n"
    "    done < <(\"$program\" edgerc list --json -q ${file:+\"--edgerc=$file\"} </dev/null 2>&1 "
    "|\n"
    "        sed -n 's/^ *\"section\": \"\\([^\"\\\\]*\\)\",*$/\\1/p')\n"
    "}\n"
    "_gridkey_parse() # WORDS BEFORE THE CURSOR\n"
    "{\n"
    "    local word option=\n"
    "    command= count=1 want= file= ended=\n"
    "    for word in \"$@\"; do\n"
    "        kind=\n"
    "        if [[ -n $want ]]; then\n"
    "            [[ $option != --edgerc ]] || file=$word\n"
    "            want=\n"
    "        elif [[ -z $ended && $word == -- ]]; then\n"
    "            ended=1\n"
    "        elif [[ -z $ended && $word == -?* ]]; then\n"
    "            option=${word%%=*}\n"
    "            if [[ $option == \"$word\" ]]; then\n"
    "                _gridkey_option \"$option\" && want=$kind\n"
    "            elif [[ $option == --edgerc ]]; then\n"
    "                file=${word#*=}\n"
    "            fi\n"
    "        elif _gridkey_find \"$command\" \"$word\"; then\n"
    "            command=${command:+$command }$word\n"
    "        else\n"
    "            count=$((count + 1))\n"
    "        fi\n"
    "    done\n"
    "}\n"
    "_gridkey_gather() # WORD AT THE CURSOR: sets found, helps, prefix and kind\n"
    "{\n"
    "    kind=$want prefix= found=() helps=()\n"
    "    if [[ -n $want ]]; then\n"
    "        :\n"
    "    elif [[ -z $ended && $1 == --*=* ]]; then\n"
    "        prefix=${1%%=*}=\n"
    "        _gridkey_option \"${1%%=*}\"\n"
    "        [[ -n $kind ]] || return\n"
    "    elif [[ -n $ended || $1 != -* ]]; then\n"
    "        _gridkey_find \"$command\" \"<$count>\"\n"
    "    fi\n"
    "    case $kind in\n"
    "    SECTION) _gridkey_sections ;;\n"
    "    WORD) _gridkey_lines \"$place\" ;;\n"
    "    '')\n"
    "        [[ -z $ended ]] || return\n"
    "        _gridkey_lines \"$command\"\n"
    "        if [[ $1 == -* || -z ${found[*]} || ${found[*]} == -* ]]; then\n"
    "            _gridkey_lines -\n"
    "        fi\n"
    "        ;;\n"
    "    esac\n"
    "}\n";

/*
 * bash splits at = : and @ what is one word of gridkey's, and replaces only what is behind them,
 * but with the @. It gives words as they were typed: quotes are taken off without carrying out
 * anything in them. Within an open quote a name is offered only if it means the same there.
 */
static const char completion_bash[] =
    "_gridkey_plain() # WORD: sets plain, and quote if it is open\n"
    "{\n"
    "    local rest=$1 next\n"
    "    plain= quote=\n"
    "    while [[ -n $rest ]]; do\n"
    "        next=${rest:0:1} rest=${rest:1}\n"
    "        if [[ $next == \"$quote\" ]]; then\n"
    "            quote=\n"
    "        elif [[ $quote$next == \\\\ || $quote$next$rest == \\\"\\\\[\\\\\\\"\\$\\`]* ]]; "
    "then\n"
    "            plain+=${rest:0:1} rest=${rest:1}\n"
    "        elif [[ -z $quote && $next == [\\'\\\"] ]]; then\n"
    "            quote=$next\n"
    "        else\n"
    "            plain+=$next\n"
    "        fi\n"
    "    done\n"
    "}\n"
    "_gridkey()\n"
    "{\n"
    "    local program=${COMP_WORDS[0]} command count want file ended kind place prefix plain "
    "quote\n"
    "    local i gap word full= current=${COMP_WORDS[COMP_CWORD]} rest before=() found helps\n"
    "    rest=${COMP_LINE#*\"$program\"}\n"
    "    for ((i = 1; i <= COMP_CWORD; i++)); do\n"
    "        gap=${rest%%[![:space:]]*}\n"
    "        rest=${rest#\"$gap\"}\n"
    "        rest=${rest#\"${COMP_WORDS[i]}\"}\n"
    "        if [[ -n $gap && $i -gt 1 ]]; then\n"
    "            _gridkey_plain \"$full\"\n"
    "            before+=(\"$plain\")\n"
    "            full=\n"
    "        fi\n"
    "        full+=${COMP_WORDS[i]}\n"
    "    done\n"
    "    COMPREPLY=()\n"
    "    _gridkey_parse \"${before[@]}\"\n"
    "    _gridkey_plain \"$full\"\n"
    "    _gridkey_gather \"$plain\"\n"
    "    if [[ $kind == FILE && $plain == \"$prefix\"@* ]]; then\n"
    "        while IFS= read -r word; do\n"
    "            found+=(\"@$word\")\n"
    "        done < <(compgen -f -- \"${plain#\"$prefix\"@}\")\n"
    "    elif [[ $kind == FILE ]]; then\n"
    "        compopt -o default\n"
    "    fi\n"
    "    [[ $current == *[!=:@]* ]] || current=\n"
    "    [[ ${full%\"$current\"} != *@ ]] || current=@$current\n"
    "    for word in \"${found[@]}\"; do\n"
    "        word=$prefix$word\n"
    "        if [[ $word == \"$plain\"* ]]; then\n"
    "            if [[ -z $quote ]]; then\n"
    "                printf -v word %q \"$word\"\n"
    "            elif [[ $word == *[\\\\\\\"\\$\\`\\'!]* ]]; then\n"
    "                continue\n"
    "            fi\n"
    "            COMPREPLY+=(\"${word#\"${full%\"$current\"}\"}\")\n"
    "        fi\n"
    "    done\n"
    "}\n"
    "complete -F _gridkey gridkey\n";

static const char completion_zsh[] =
    "_gridkey()\n"
    "{\n"
    "    local program=${(Q)words[1]} command count want file ended kind place prefix i\n"
    "    local -a found helps shown\n"
    "    _gridkey_parse \"${(@Q)words[2,CURRENT-1]}\"\n"
    "    _gridkey_gather \"${(Q)PREFIX}\"\n"
    "    [[ -z $prefix ]] || compset -P 1 '*='\n"
    "    if [[ $kind == FILE ]]; then\n"
    "        compset -P 1 @\n"
    "        _files\n"
    "        return\n"
    "    fi\n"
    "    for ((i = 1; i <= $#found; i++)); do\n"
    "        shown+=(\"${found[i]//:/\\\\:}${helps[i]:+:${helps[i]}}\")\n"
    "    done\n"
    "    _describe -t gridkey gridkey shown\n"
    "}\n"
    "if [[ ${funcstack[1]} == _gridkey ]]; then\n" /* a file _gridkey in $fpath */
    "    _gridkey \"$@\"\n"
    "else\n"
    "    compdef _gridkey gridkey\n"
    "fi\n";

static const char completion_fish[] =
    "function __gridkey_find # STATE NAME: the kind\n"
    "    set -l start (string escape --style=regex -- \"$argv[1];$argv[2];\")\n"
    "    set -l found (string match -r -- \"^$start\"'([^;]*)' $__gridkey_table); or return\n"
    "    echo $found[2]\n"
    "end\n"
    "function __gridkey_option # COMMAND NAME: the kind, and the state with its words\n"
    "    for state in $argv[1] -\n"
    "        set -l kind (__gridkey_find $state $argv[2])\n"
    "        and begin\n"
    "            printf '%s\\n' \"$kind\" \"$state $argv[2]\"\n"
    "            return\n"
    "        end\n"
    "    end\n"
    "    return 1\n"
    "end\n"
    "function __gridkey_lines # STATE PREFIX: names and helps\n"
    "    set -l start (string escape --style=regex -- \"$argv[1];\")\n"
    "    for line in (string match -r -- \"^$start\"'[^<].*' $__gridkey_table)\n"
    "        set -l cells (string split -m 3 ';' -- $line)\n"
    "        printf '%s%s\\t%s\\n' \"$argv[2]\" \"$cells[2]\" \"$cells[4]\"\n"
    "    end\n"
    "end\n"
    "function __gridkey_sections # PROGRAM FILE PREFIX\n"
    "    test \"$argv[2]\" != -; or return\n"
    "    set -l file\n"
    "    test -z \"$argv[2]\"; or set file --edgerc=$argv[2]\n"
    "    $argv[1] edgerc list --json -q $file </dev/null 2>/dev/null |\n"
    "        string match -r -- '^ *\"section\": \"[^\"\\\\\\\\]*\",*$' |\n"
    "        string replace -r -- '.*: \"(.*)\",*' \"$argv[3]\\$1\"\n"
    "end\n"
    "function __gridkey_complete\n"
    "    set -l words (commandline -opc)\n"
    "    set -l current (commandline -ct)\n"
    "    set -l command ''\n"
    "    set -l kind ''\n"
    "    set -l count 1\n"
    "    set -l place\n"
    "    set -l file\n"
    "    set -l ended\n"
    "    set -l prefix\n"
    "    set -l option\n"
    "    for word in $words[2..-1]\n"
    "        if test -n \"$kind\"\n"
    "            test \"$option\" != --edgerc; or set file $word\n"
    "            set kind ''\n"
    "        else if test -z \"$ended\" -a \"x$word\" = x--\n"
    "            set ended yes\n"
    "        else if test -z \"$ended\"; and string match -qr -- '^-.' $word\n"
    "            set -l parts (string split -m 1 = -- $word)\n"
    "            set option $parts[1]\n"
    "            if set -q parts[2]\n"
    "                test $option != --edgerc; or set file $parts[2]\n"
    "            else if set -l found (__gridkey_option \"$command\" $option)\n"
    "                set kind $found[1]\n"
    "                set place $found[2]\n"
    "            end\n"
    "        else if __gridkey_find \"$command\" $word >/dev/null\n"
    "            set command (string trim -- \"$command $word\")\n"
    "        else\n"
    "            set count (math $count + 1)\n"
    "        end\n"
    "    end\n"
    "    if test -n \"$kind\"\n"
    "    else if test -z \"$ended\"; and string match -qr -- '^--.*=' $current\n"
    "        set prefix (string replace -r -- '=.*' = $current)\n"
    "        set -l found (__gridkey_option \"$command\" (string trim -r -c = -- $prefix)); or "
    "return\n"
    "        set kind $found[1]\n"
    "        set place $found[2]\n"
    "        test -n \"$kind\"; or return\n"
    "    else if test -n \"$ended\"; or not string match -q -- '-*' $current\n"
    "        set place \"$command <$count>\"\n"
    "        set kind (__gridkey_find \"$command\" \"<$count>\"); or set kind ''\n"
    "    end\n"
    "    switch \"$kind\"\n"
    "        case FILE\n"
    "            set -l value (string replace -- \"$prefix\" '' $current)\n"
    "            string match -q -- '@*' $value; and set prefix \"$prefix@\"\n"
    "            for path in (__fish_complete_path (string replace -r '^@' '' -- $value))\n"
    "                printf '%s%s\\n' \"$prefix\" $path\n"
    "            end\n"
    "        case SECTION\n"
    "            __gridkey_sections $words[1] \"$file\" \"$prefix\"\n"
    "        case WORD\n"
    "            __gridkey_lines \"$place\" \"$prefix\"\n"
    "        case ''\n"
    "            test -z \"$ended\"; or return\n"
    "            set -l found (__gridkey_lines \"$command\")\n"
    "            string match -q -- '-*' $current $found[1]; or not set -q found[1]\n"
    "            and set -a found (__gridkey_lines -)\n"
    "            printf '%s\\n' $found\n"
    "    end\n"
    "end\n"
    "complete -c gridkey -e\n"
    "complete -c gridkey -f -a '(__gridkey_complete)'\n";

/* --- the table ------------------------------------------------------------------------------ */

/*
 * Add a line for an option or argument, and those for the values that its own name tells, as in
 * "all|N,N": what is in small letters is to be typed so, and all of "CLIENT|USER_CLIENT".
 */
static void completion_add(struct buffer *out, const char *state, const char *name,
                           const char *value, const char *help)
{
    bool several = strchr(value, '|') != NULL;
    bool capitals = value[strspn(value, CAPITALS)] == '\0';
    struct buffer words = BUFFER_EMPTY;
    const char *kind = "";
    size_t length;

    for (const char *part = value; several && *part != '\0'; part += length + (part[length] != 0)) {
        length = strcspn(part, "|");
        if (length > 0 && (capitals || (*part >= 'a' && strspn(part, SMALL) == length))) {
            buffer_format(&words, "%s %s;%.*s;;\n", state, name, (int)length, part);
        }
    }
    if (strstr(value, "FILE") != NULL) {
        kind = "FILE";
    } else if (words.length != 0) {
        kind = "WORD";
    } else if (text_equal(value, "SECTION") || text_equal(name, "--section")) {
        kind = "SECTION";
    } else if (*value != '\0') {
        kind = ".";
    }
    buffer_format(out, "%s;%s;%s;%s\n", state, name, kind, help);
    buffer_append(out, buffer_text(&words), words.length);
    out->failed = out->failed || words.failed;
    buffer_free(&words);
}

static void completion_add_options(struct buffer *out, const char *state,
                                   const struct option_group *group)
{
    for (const struct option *at = group->options; at->name != NULL; at++) {
        struct buffer name = BUFFER_EMPTY;
        const char *value = at->value == NULL ? "" : at->value;

        buffer_format(&name, "--%s", at->name);
        completion_add(out, state, buffer_text(&name), value, at->help);
        if (at->letter != 0) {
            buffer_clear(&name);
            buffer_format(&name, "-%c", at->letter);
            completion_add(out, state, buffer_text(&name), value, at->help);
        }
        buffer_free(&name);
    }
}

static void completion_add_command(struct buffer *out, const struct command *command)
{
    struct buffer state = BUFFER_EMPTY;
    const char *noun = command->noun;
    const char *argument = command->arguments;

    if (command->verb == NULL) {
        buffer_format(out, ";%s;;%s\n", noun, command->help);
    } else {
        buffer_format(out, "%s;%s;;%s\n", noun, command->verb, command->help);
    }
    buffer_format(&state, "%s%s%s", noun, command->verb == NULL ? "" : " ",
                  command->verb == NULL ? "" : command->verb);
    for (size_t i = 0; i < COMMAND_GROUPS_MOST && command->groups[i] != NULL; i++) {
        completion_add_options(out, buffer_text(&state), command->groups[i]);
    }
    for (unsigned number = 1; *argument != '\0'; number++) {
        struct buffer text = BUFFER_EMPTY;
        char name[] = {'<', (char)('0' + number), '>', '\0'};
        size_t length = strcspn(argument, " ");

        buffer_append(&text, argument, length);
        completion_add(out, buffer_text(&state), name, buffer_text(&text), "");
        buffer_free(&text);
        argument += length + strspn(argument + length, " ");
    }
    buffer_free(&state);
}

/* The table as one word of any of the three shells. */
static void completion_write_table(struct buffer *out)
{
    struct buffer table = BUFFER_EMPTY;

    for (size_t i = 0; i < command_count; i++) {
        const char *noun = command_table[i].noun;

        /* Commands of a noun stand together. */
        if (command_table[i].verb != NULL &&
            (i == 0 || !text_equal(command_table[i - 1].noun, noun))) {
            buffer_format(&table, ";%s;;\n", noun);
        }
        completion_add_command(&table, &command_table[i]);
    }
    completion_add_options(&table, "-", &command_global_options);
    buffer_append_text(out, "'\n");
    for (const char *at = buffer_text(&table); *at != '\0'; at++) {
        if (*at == '\'') {
            buffer_append_text(out, "'\\'");
        }
        buffer_append_byte(out, *at);
    }
    buffer_append_text(out, "'");
    out->failed = out->failed || table.failed;
    buffer_free(&table);
}

int command_completion(const struct invocation *invocation, struct error *error)
{
    const char *shell = invocation->arguments[0];
    bool is_bash = text_equal(shell, "bash");
    bool is_fish = text_equal(shell, "fish");
    struct buffer out = BUFFER_EMPTY;
    int result;

    if (!is_bash && !is_fish && !text_equal(shell, "zsh")) {
        return error_set(error, STATUS_USAGE,
                         "there is no completion for \"%s\"; choose bash, zsh or fish", shell);
    }
    buffer_append_text(&out, is_fish   ? "set -g __gridkey_table (printf %s "
                             : is_bash ? "_gridkey_table="
                                       : "#compdef gridkey\n_gridkey_table=");
    completion_write_table(&out);
    buffer_append_text(&out, is_fish ? ")\n" : "\n");
    if (!is_fish) {
        buffer_append_text(&out, completion_common);
    }
    buffer_append_text(&out, is_fish   ? completion_fish
                             : is_bash ? completion_bash
                                       : completion_zsh);
    result = output_write(&out, error);
    buffer_free(&out);
    return result;
}
