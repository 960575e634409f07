#include "base/text.h"

#include <string.h>

#define TEXT_DISTANCE_LONGEST 63
#define TEXT_DISTANCE_FAR 1000

char text_lower(char character)
{
    return character >= 'A' && character <= 'Z' ? (char)(character - 'A' + 'a') : character;
}

bool text_is_digit(char character)
{
    return character >= '0' && character <= '9';
}

bool text_is_blank(char character)
{
    return character == ' ' || character == '\t';
}

bool text_is_alphanumeric(char character)
{
    char lower = text_lower(character);

    return text_is_digit(character) || (lower >= 'a' && lower <= 'z');
}

int text_hexadecimal_value(char digit)
{
    char lower = text_lower(digit);

    if (text_is_digit(digit)) {
        return digit - '0';
    }
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

size_t text_skip_white(const char *text, size_t length, size_t at)
{
    while (at < length && (text_is_blank(text[at]) || text[at] == '\r' || text[at] == '\n')) {
        at++;
    }
    return at;
}

const char *text_read_line(const char *text, size_t length, size_t *at, size_t *line_length)
{
    const char *line = text + *at;
    const char *end = memchr(line, '\n', length - *at);

    if (end != NULL) {
        *line_length = (size_t)(end - line);
        *at += *line_length + 1;
    }
    return end == NULL ? NULL : line;
}

size_t text_mark_length(const char *text, size_t length)
{
    return length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

size_t text_decode(const char *text, size_t length, uint32_t *code)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text[0];
    size_t more = first < 0xc0 || first > 0xf4 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;

    *code = first < 0x80 ? first : more == 0 ? 0 : first & (0x3fU >> more);
    for (size_t i = 1; i <= more; i++) {
        unsigned char byte = i < length ? (unsigned char)text[i] : 0;

        if ((byte & 0xc0) != 0x80) {
            *code = 0;
            break;
        }
        *code = *code << 6 | (byte & 0x3f);
    }
    if (*code < least[more] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000)) {
        *code = 0;
    }
    return *code == 0 ? 1 : more + 1;
}

bool text_is_utf8(const char *text, size_t length)
{
    uint32_t code = 1;

    for (size_t at = 0; at < length && code != 0;) {
        at += text_decode(text + at, length - at, &code);
    }
    return code != 0;
}

bool text_equal(const char *one, const char *other)
{
    return strcmp(one, other) == 0;
}

bool text_equal_ignore_case_length(const char *one, size_t one_length, const char *other)
{
    size_t at = 0;

    while (at < one_length && other[at] != '\0') {
        if (text_lower(one[at]) != text_lower(other[at])) {
            return false;
        }
        at++;
    }
    return at == one_length && other[at] == '\0';
}

bool text_same(const char *one, const char *other)
{
    return one == NULL || other == NULL ? one == other : text_equal(one, other);
}

bool text_equal_ignore_case(const char *one, const char *other)
{
    return text_equal_ignore_case_length(one, strlen(one), other);
}

bool text_starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

bool text_ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t end_length = strlen(end);

    return length >= end_length && memcmp(text + length - end_length, end, end_length) == 0;
}

const char *text_find_ignore_case(const char *text, const char *part)
{
    size_t length = strlen(part);
    size_t left = strlen(text);

    for (; left >= length; text++, left--) {
        if (text_equal_ignore_case_length(text, length, part)) {
            return text;
        }
    }
    return NULL;
}

int text_parse_unsigned_length(const char *text, size_t length, uint64_t maximum, uint64_t *value)
{
    uint64_t sum = 0;

    if (length == 0 || length > 19) {
        return -1;
    }
    for (size_t at = 0; at < length; at++) {
        if (!text_is_digit(text[at])) {
            return -1;
        }
        sum = sum * 10 + (uint64_t)(text[at] - '0');
    }
    if (sum > maximum) {
        return -1;
    }
    *value = sum;
    return 0;
}

int text_parse_unsigned(const char *text, uint64_t maximum, uint64_t *value)
{
    return text_parse_unsigned_length(text, strlen(text), maximum, value);
}

static unsigned smaller(unsigned one, unsigned other)
{
    return one < other ? one : other;
}

unsigned text_distance(const char *one, const char *other)
{
    unsigned rows[3][TEXT_DISTANCE_LONGEST + 1];
    size_t one_length = strlen(one);
    size_t other_length = strlen(other);

    if (one_length > TEXT_DISTANCE_LONGEST || other_length > TEXT_DISTANCE_LONGEST) {
        return TEXT_DISTANCE_FAR;
    }
    for (unsigned j = 0; j <= other_length; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= one_length; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3];
        const unsigned *before = rows[(i + 1) % 3];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= other_length; j++) {
            char a = text_lower(one[i - 1]);
            char b = text_lower(other[j - 1]);

            row[j] = smaller(smaller(row[j - 1], above[j]) + 1, above[j - 1] + (a != b));
            if (i > 1 && j > 1 && a == text_lower(other[j - 2]) && text_lower(one[i - 2]) == b) {
                row[j] = smaller(row[j], before[j - 2] + 1);
            }
        }
    }
    return rows[one_length % 3][other_length];
}

bool text_is_secret_shaped(const char *text, size_t length)
{
    size_t at = 0;

    while (at < length && (text_is_alphanumeric(text[at]) || text[at] == '+' || text[at] == '/')) {
        at++;
    }
    return length == TEXT_SECRET_LENGTH && at == length - 1 && text[at] == '=';
}

static bool text_has_any(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text_find_ignore_case(text, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* Whether the name of a client_secret is there, and a value follows: a file may have this name. */
static bool text_has_client_secret(const char *text, const char *name)
{
    while ((text = text_find_ignore_case(text, name)) != NULL) {
        text += strlen(name);
        if (*text != '\0' && strchr(" \t=:\"'", *text) != NULL) {
            return true;
        }
    }
    return false;
}

static bool text_has_key(const char *text)
{
    static const char *const keys[] = {"AGE-SECRET-KEY-", "PRIVATE KEY--"};

    return text_has_any(text, keys, sizeof keys / sizeof keys[0]) ||
           text_has_client_secret(text, "client_secret") ||
           text_has_client_secret(text, "clientSecret");
}

bool text_holds_secret(const char *text)
{
    static const char *const starts[] = {"gridkey1 ", /* of a record */
                                         "age-encryption.org/", "BEGIN AGE ENCRYPTED"};

    return text_has_key(text) || text_has_any(text, starts, sizeof starts / sizeof starts[0]);
}

bool text_may_be_secret(const char *text)
{
    return strpbrk(text, "\r\n") != NULL || text_is_secret_shaped(text, strlen(text)) ||
           text_has_key(text);
}
