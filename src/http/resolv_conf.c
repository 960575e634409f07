#include "http/resolv_conf.h"

#include "base/text.h"
#include "http/url.h"

#include <stdbool.h>
#include <string.h>

struct resolv_conf {
    const char *at;   /* position in the text */
    const char *word; /* the last word read */
    size_t word_length;
    size_t servers;
    const char *search; /* the last search list; NULL for none */
    size_t search_length;
    uint64_t dots; /* a name with fewer is tried with the search list */
};

/* Go to the next word of the line; false at its end. */
static bool resolv_conf_next_word(struct resolv_conf *conf)
{
    conf->word = conf->at + strspn(conf->at, " \t\r");
    conf->word_length = strcspn(conf->word, " \t\r\n#;");
    conf->at = conf->word + conf->word_length;
    return conf->word_length != 0;
}

/* Go to the next line; false at the end of the text. */
static bool resolv_conf_next_line(struct resolv_conf *conf)
{
    conf->at += strcspn(conf->at, "\n");
    return *conf->at != '\0' && *++conf->at != '\0';
}

static bool resolv_conf_word_is(const struct resolv_conf *conf, const char *text)
{
    return text_equal_ignore_case_length(conf->word, conf->word_length, text);
}

static void resolv_conf_add_server(struct resolv_conf *conf, struct buffer *out)
{
    size_t length;
    uint8_t bytes[16];
    size_t size;

    if (!resolv_conf_next_word(conf) || conf->servers == RESOLV_CONF_SERVERS_MOST) {
        return;
    }
    for (length = 0; length < conf->word_length && conf->word[length] != '%'; length++) {
    }
    if (url_ip_parse(conf->word, length, bytes, &size) == 0) {
        buffer_append_text(out, conf->servers++ == 0 ? "asked name server " : ", ");
        buffer_append(out, conf->word, conf->word_length);
    }
}

static void resolv_conf_read_line(struct resolv_conf *conf, struct buffer *out)
{
    (void)resolv_conf_next_word(conf);
    if (resolv_conf_word_is(conf, "nameserver")) {
        resolv_conf_add_server(conf, out);
    } else if (resolv_conf_word_is(conf, "search") || resolv_conf_word_is(conf, "domain")) {
        conf->search = conf->at + strspn(conf->at, " \t\r");
        while (resolv_conf_next_word(conf)) {
            conf->search_length = (size_t)(conf->at - conf->search);
        }
    } else if (resolv_conf_word_is(conf, "options")) {
        while (resolv_conf_next_word(conf)) {
            if (text_starts_with(conf->word, "ndots:")) {
                (void)text_parse_unsigned_length(conf->word + 6, conf->word_length - 6, 15,
                                                 &conf->dots);
            }
        }
    }
}

void resolv_conf_describe(struct buffer *out, const char *text, const char *host)
{
    struct resolv_conf conf = {.at = text == NULL ? "" : text, .dots = 1};
    uint64_t dots = 0;

    do {
        resolv_conf_read_line(&conf, out);
    } while (resolv_conf_next_line(&conf));
    if (conf.servers == 0) {
        buffer_append_text(out, text == NULL ? "" : "/etc/resolv.conf names no name server, so ");
        buffer_append_text(out, "asked name server 127.0.0.1");
    }
    for (const char *at = host; *at != '\0'; at++) {
        dots += *at == '.';
    }
    if (dots < conf.dots && conf.search_length > 0) {
        buffer_append_text(out, " with search list ");
        buffer_append(out, conf.search, conf.search_length);
    }
}
