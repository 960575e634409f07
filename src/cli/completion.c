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

/* For bash and zsh, after the table. */
static const char completion_common[] =
    "_gridkey_find() # STATE NAME: whether there is such a line; sets kind and place\n"
    "{\n"
    "\tlocal line=$'\\n'\"$1;$2;\" before\n"
    "\tbefore=${_gridkey_table%%\"$line\"*}\n"
    "\t((${#before} < ${#_gridkey_table})) || return 1\n"
    "\tkind=${_gridkey_table:$((${#before} + ${#line}))}\n"
    "\tkind=${kind%%;*}\n"
    "\tplace=\"$1 $2\"\n"
    "}\n"
    "_gridkey_option() # NAME\n"
    "{\n"
    "\t_gridkey_find \"$command\" \"$1\" || _gridkey_find - \"$1\"\n"
    "}\n"
    "_gridkey_lines() # STATE: adds to found and helps\n"
    "{\n"
    "\tlocal state name kind help\n"
    "\twhile IFS=';' read -r state name kind help; do\n"
    "\t\tif [[ $state == \"$1\" && -n $name && $name != '<'* ]]; then\n"
    "\t\t\tfound+=(\"$name\") helps+=(\"$help\")\n"
    "\t\tfi\n"
    "\tdone <<<\"$_gridkey_table\"\n"
    "}\n"
    "_gridkey_sections()\n"
    "{\n"
    "\tlocal name\n"
    "\t[[ $file != - ]] || return\n"
    "\twhile IFS= read -r name; do\n"
    "\t\tfound+=(\"$name\") helps+=('')\n"
    "\tdone < <(\"$program\" edgerc list --json -q ${file:+\"--edgerc=$file\"} </dev/null 2>&1 "
    "|\n"
    "\t\tsed -n 's/^ *\"section\": \"\\([^\"\\\\]*\\)\",*$/\\1/p')\n"
    "}\n"
    "_gridkey_parse() # WORDS BEFORE THE CURSOR\n"
    "{\n"
    "\tlocal word option=\n"
    "\tcommand= count=1 want= file= ended=\n"
    "\tfor word in \"$@\"; do\n"
    "\t\tkind=\n"
    "\t\tif [[ -n $want ]]; then\n"
    "\t\t\t[[ $option != --edgerc ]] || file=$word\n"
    "\t\t\twant=\n"
    "\t\telif [[ -z $ended && $word == -- ]]; then\n"
    "\t\t\tended=1\n"
    "\t\telif [[ -z $ended && $word == -?* ]]; then\n"
    "\t\t\toption=${word%%=*}\n"
    "\t\t\tif [[ $option == \"$word\" ]]; then\n"
    "\t\t\t\t_gridkey_option \"$option\" && want=$kind\n"
    "\t\t\telif [[ $option == --edgerc ]]; then\n"
    "\t\t\t\tfile=${word#*=}\n"
    "\t\t\tfi\n"
    "\t\telif _gridkey_find \"$command\" \"$word\"; then\n"
    "\t\t\tcommand=${command:+$command }$word\n"
    "\t\telse\n"
    "\t\t\tcount=$((count + 1))\n"
    "\t\tfi\n"
    "\tdone\n"
    "}\n"
    "_gridkey_gather() # WORD AT THE CURSOR: sets found, helps, prefix and kind\n"
    "{\n"
    "\tkind=$want prefix= found=() helps=()\n"
    "\tif [[ -n $want ]]; then\n"
    "\t\t:\n"
    "\telif [[ -z $ended && $1 == --*=* ]]; then\n"
    "\t\tprefix=${1%%=*}=\n"
    "\t\t_gridkey_option \"${1%%=*}\"\n"
    "\t\t[[ -n $kind ]] || return\n"
    "\telif [[ -n $ended || $1 != -* ]]; then\n"
    "\t\t_gridkey_find \"$command\" \"<$count>\"\n"
    "\tfi\n"
    "\tcase $kind in\n"
    "\tSECTION) _gridkey_sections ;;\n"
    "\tWORD) _gridkey_lines \"$place\" ;;\n"
    "\t'')\n"
    "\t\t[[ -z $ended ]] || return\n"
    "\t\t_gridkey_lines \"$command\"\n"
    "\t\tif [[ $1 == -* || -z ${found[*]} || ${found[*]} == -* ]]; then\n"
    "\t\t\t_gridkey_lines -\n"
    "\t\tfi\n"
    "\t\t;;\n"
    "\tesac\n"
    "}\n";

/*
 * bash splits a word of gridkey's at = : and @, and replaces only what follows = or :, or the @
 * with what follows it. It gives words as they were typed: quotes are taken off without carrying
 * out anything in them. Within an open quote a name is offered only if it means the same there.
 */
static const char completion_bash[] =
    "_gridkey_plain() # WORD: sets plain, and quote if it is open\n"
    "{\n"
    "\tlocal rest=$1 next\n"
    "\tplain= quote=\n"
    "\twhile [[ -n $rest ]]; do\n"
    "\t\tnext=${rest:0:1} rest=${rest:1}\n"
    "\t\tif [[ $next == \"$quote\" ]]; then\n"
    "\t\t\tquote=\n"
    "\t\telif [[ $quote$next == \\\\ || $quote$next$rest == \\\"\\\\[\\\\\\\"\\$\\`]* ]]; "
    "then\n"
    "\t\t\tplain+=${rest:0:1} rest=${rest:1}\n"
    "\t\telif [[ -z $quote && $next == [\\'\\\"] ]]; then\n"
    "\t\t\tquote=$next\n"
    "\t\telse\n"
    "\t\t\tplain+=$next\n"
    "\t\tfi\n"
    "\tdone\n"
    "}\n"
    "_gridkey()\n"
    "{\n"
    "\tlocal program=${COMP_WORDS[0]} command count want file ended kind place prefix plain "
    "quote\n"
    "\tlocal i gap word full= current=${COMP_WORDS[COMP_CWORD]} rest before=() found helps\n"
    "\trest=${COMP_LINE#*\"$program\"}\n"
    "\tfor ((i = 1; i <= COMP_CWORD; i++)); do\n"
    "\t\tgap=${rest%%[![:space:]]*}\n"
    "\t\trest=${rest#\"$gap\"}\n"
    "\t\trest=${rest#\"${COMP_WORDS[i]}\"}\n"
    "\t\tif [[ -n $gap && $i -gt 1 ]]; then\n"
    "\t\t\t_gridkey_plain \"$full\"\n"
    "\t\t\tbefore+=(\"$plain\")\n"
    "\t\t\tfull=\n"
    "\t\tfi\n"
    "\t\tfull+=${COMP_WORDS[i]}\n"
    "\tdone\n"
    "\tCOMPREPLY=()\n"
    "\t_gridkey_parse \"${before[@]}\"\n"
    "\t_gridkey_plain \"$full\"\n"
    "\t_gridkey_gather \"$plain\"\n"
    "\tif [[ $kind == FILE && $plain == \"$prefix\"@* ]]; then\n"
    "\t\twhile IFS= read -r word; do\n"
    "\t\t\tfound+=(\"@$word\")\n"
    "\t\tdone < <(compgen -f -- \"${plain#\"$prefix\"@}\")\n"
    "\telif [[ $kind == FILE ]]; then\n"
    "\t\tcompopt -o default\n"
    "\tfi\n"
    "\t[[ $current == *[!=:@]* ]] || current=\n"
    "\t[[ ${full%\"$current\"} != *@ ]] || current=@$current\n"
    "\tfor word in \"${found[@]}\"; do\n"
    "\t\tword=$prefix$word\n"
    "\t\tif [[ $word == \"$plain\"* ]]; then\n"
    "\t\t\tif [[ -z $quote ]]; then\n"
    "\t\t\t\tprintf -v word %q \"$word\"\n"
    "\t\t\telif [[ $word == *[\\\\\\\"\\$\\`\\'!]* ]]; then\n"
    "\t\t\t\tcontinue\n"
    "\t\t\tfi\n"
    "\t\t\tCOMPREPLY+=(\"${word#\"${full%\"$current\"}\"}\")\n"
    "\t\tfi\n"
    "\tdone\n"
    "}\n"
    "complete -F _gridkey gridkey\n";

static const char completion_zsh[] =
    "_gridkey()\n"
    "{\n"
    "\tlocal program=${(Q)words[1]} command count want file ended kind place prefix i\n"
    "\tlocal -a found helps shown\n"
    "\t_gridkey_parse \"${(@Q)words[2,CURRENT-1]}\"\n"
    "\t_gridkey_gather \"${(Q)PREFIX}\"\n"
    "\t[[ -z $prefix ]] || compset -P 1 '*='\n"
    "\tif [[ $kind == FILE ]]; then\n"
    "\t\tcompset -P 1 @\n"
    "\t\t_files\n"
    "\t\treturn\n"
    "\tfi\n"
    "\tfor ((i = 1; i <= $#found; i++)); do\n"
    "\t\tshown+=(\"${found[i]//:/\\\\:}${helps[i]:+:${helps[i]}}\")\n"
    "\tdone\n"
    "\t_describe -t gridkey gridkey shown\n"
    "}\n"
    "if [[ ${funcstack[1]} == _gridkey ]]; then\n" /* a file _gridkey in $fpath */
    "\t_gridkey \"$@\"\n"
    "else\n"
    "\tcompdef _gridkey gridkey\n"
    "fi\n";

static const char completion_fish[] =
    "function __gridkey_find # STATE NAME: the kind\n"
    "\tset -l start (string escape --style=regex -- \"$argv[1];$argv[2];\")\n"
    "\tset -l found (string match -r -- \"^$start\"'([^;]*)' $__gridkey_table); or return\n"
    "\techo $found[2]\n"
    "end\n"
    "function __gridkey_option # COMMAND NAME: the kind, and the state with its words\n"
    "\tfor state in $argv[1] -\n"
    "\t\tset -l kind (__gridkey_find $state $argv[2])\n"
    "\t\tand begin\n"
    "\t\t\tprintf '%s\\n' \"$kind\" \"$state $argv[2]\"\n"
    "\t\t\treturn\n"
    "\t\tend\n"
    "\tend\n"
    "\treturn 1\n"
    "end\n"
    "function __gridkey_lines # STATE PREFIX: names and helps\n"
    "\tset -l start (string escape --style=regex -- \"$argv[1];\")\n"
    "\tfor line in (string match -r -- \"^$start\"'[^<].*' $__gridkey_table)\n"
    "\t\tset -l cells (string split -m 3 ';' -- $line)\n"
    "\t\tprintf '%s%s\\t%s\\n' \"$argv[2]\" \"$cells[2]\" \"$cells[4]\"\n"
    "\tend\n"
    "end\n"
    "function __gridkey_sections # PROGRAM FILE PREFIX\n"
    "\ttest \"$argv[2]\" != -; or return\n"
    "\tset -l file\n"
    "\ttest -z \"$argv[2]\"; or set file --edgerc=$argv[2]\n"
    "\t$argv[1] edgerc list --json -q $file </dev/null 2>/dev/null |\n"
    "\t\tstring match -r -- '^ *\"section\": \"[^\"\\\\\\\\]*\",*$' |\n"
    "\t\tstring replace -r -- '.*: \"(.*)\",*' \"$argv[3]\\$1\"\n"
    "end\n"
    "function __gridkey_complete\n"
    "\tset -l words (commandline -opc)\n"
    "\tset -l current (commandline -ct)\n"
    "\tset -l command ''\n"
    "\tset -l kind ''\n"
    "\tset -l count 1\n"
    "\tset -l place\n"
    "\tset -l file\n"
    "\tset -l ended\n"
    "\tset -l prefix\n"
    "\tset -l option\n"
    "\tfor word in $words[2..-1]\n"
    "\t\tif test -n \"$kind\"\n"
    "\t\t\ttest \"$option\" != --edgerc; or set file $word\n"
    "\t\t\tset kind ''\n"
    "\t\telse if test -z \"$ended\" -a \"x$word\" = x--\n"
    "\t\t\tset ended yes\n"
    "\t\telse if test -z \"$ended\"; and string match -qr -- '^-.' $word\n"
    "\t\t\tset -l parts (string split -m 1 = -- $word)\n"
    "\t\t\tset option $parts[1]\n"
    "\t\t\tif set -q parts[2]\n"
    "\t\t\t\ttest $option != --edgerc; or set file $parts[2]\n"
    "\t\t\telse if set -l found (__gridkey_option \"$command\" $option)\n"
    "\t\t\t\tset kind $found[1]\n"
    "\t\t\t\tset place $found[2]\n"
    "\t\t\tend\n"
    "\t\telse if __gridkey_find \"$command\" $word >/dev/null\n"
    "\t\t\tset command (string trim -- \"$command $word\")\n"
    "\t\telse\n"
    "\t\t\tset count (math $count + 1)\n"
    "\t\tend\n"
    "\tend\n"
    "\tif test -n \"$kind\"\n"
    "\telse if test -z \"$ended\"; and string match -qr -- '^--.*=' $current\n"
    "\t\tset prefix (string replace -r -- '=.*' = $current)\n"
    "\t\tset -l found (__gridkey_option \"$command\" (string trim -r -c = -- $prefix)); or "
    "return\n"
    "\t\tset kind $found[1]\n"
    "\t\tset place $found[2]\n"
    "\t\ttest -n \"$kind\"; or return\n"
    "\telse if test -n \"$ended\"; or not string match -q -- '-*' $current\n"
    "\t\tset place \"$command <$count>\"\n"
    "\t\tset kind (__gridkey_find \"$command\" \"<$count>\"); or set kind ''\n"
    "\tend\n"
    "\tswitch \"$kind\"\n"
    "\t\tcase FILE\n"
    "\t\t\tset -l value (string replace -- \"$prefix\" '' $current)\n"
    "\t\t\tstring match -q -- '@*' $value; and set prefix \"$prefix@\"\n"
    "\t\t\tfor path in (__fish_complete_path (string replace -r '^@' '' -- $value))\n"
    "\t\t\t\tprintf '%s%s\\n' \"$prefix\" $path\n"
    "\t\t\tend\n"
    "\t\tcase SECTION\n"
    "\t\t\t__gridkey_sections $words[1] \"$file\" \"$prefix\"\n"
    "\t\tcase WORD\n"
    "\t\t\t__gridkey_lines \"$place\" \"$prefix\"\n"
    "\t\tcase ''\n"
    "\t\t\ttest -z \"$ended\"; or return\n"
    "\t\t\tset -l found (__gridkey_lines \"$command\")\n"
    "\t\t\tstring match -q -- '-*' $current $found[1]; or not set -q found[1]\n"
    "\t\t\tand set -a found (__gridkey_lines -)\n"
    "\t\t\tprintf '%s\\n' $found\n"
    "\tend\n"
    "end\n"
    "complete -c gridkey -e\n"
    "complete -c gridkey -f -a '(__gridkey_complete)'\n";

/* --- the table ------------------------------------------------------------------------------ */

/*
 * Add a line for an option or argument, and those for the values that its own name lists, as in
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
    for (const struct option *at = group->options; *at->name != '\0'; at++) {
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

    if (*command->verb == '\0') {
        buffer_format(out, ";%s;;%s\n", noun, command->help);
    } else {
        buffer_format(out, "%s;%s;;%s\n", noun, command->verb, command->help);
    }
    command_append_name(command, &state);
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
        if (*command_table[i].verb != '\0' &&
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
