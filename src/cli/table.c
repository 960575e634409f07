#define _DEFAULT_SOURCE
#include "cli/table.h"

#include "base/character.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TABLE_GAP 2
#define TABLE_ELLIPSIS "\xe2\x80\xa6" /* one character wide */

/*
 * How wide terminals show characters (after Unicode's EastAsianWidth.txt and general categories
 * Mn, Me and Cf), as ranges of 16 bits: the surrogates, which are no characters, stand for what
 * lies above them, each for 512 characters.
 */
#define RANGE_ABOVE(code) (uint16_t)(0xd800 + (((code)-0x10000) >> 9))

/* First and last of each range. */
static const uint16_t ranges_none[] = {0x0300,
                                       0x036f,
                                       0x0483,
                                       0x0489,
                                       0x0591,
                                       0x05bd,
                                       0x0610,
                                       0x061a,
                                       0x064b,
                                       0x065f,
                                       0x06d6,
                                       0x06dc,
                                       0x06df,
                                       0x06e4,
                                       0x0900,
                                       0x0902,
                                       0x093c,
                                       0x093c,
                                       0x0941,
                                       0x0948,
                                       0x094d,
                                       0x094d,
                                       0x0e31,
                                       0x0e31,
                                       0x0e34,
                                       0x0e3a,
                                       0x0e47,
                                       0x0e4e,
                                       0x1160,
                                       0x11ff,
                                       0x1ab0,
                                       0x1aff,
                                       0x1dc0,
                                       0x1dff,
                                       0x200b,
                                       0x200d,
                                       0x20d0,
                                       0x20ff,
                                       0x302a,
                                       0x302d,
                                       0x3099,
                                       0x309a,
                                       0xfe00,
                                       0xfe0f,
                                       0xfe20,
                                       0xfe2f,
                                       0xfeff,
                                       0xfeff,
                                       RANGE_ABOVE(0xe0000),
                                       RANGE_ABOVE(0xe01ff)};

static const uint16_t ranges_wide[] = {0x1100,
                                       0x115f,
                                       0x231a,
                                       0x231b,
                                       0x23e9,
                                       0x23ec,
                                       0x2614,
                                       0x2615,
                                       0x26a1,
                                       0x26a1,
                                       0x2705,
                                       0x2705,
                                       0x274c,
                                       0x274e,
                                       0x2e80,
                                       0x303e,
                                       0x3041,
                                       0xa4cf,
                                       0xa960,
                                       0xa97f,
                                       0xac00,
                                       0xd7a3,
                                       0xf900,
                                       0xfaff,
                                       0xfe30,
                                       0xfe6f,
                                       0xff01,
                                       0xff60,
                                       0xffe0,
                                       0xffe6,
                                       RANGE_ABOVE(0x17000),
                                       RANGE_ABOVE(0x18dff),
                                       RANGE_ABOVE(0x1b000),
                                       RANGE_ABOVE(0x1b1ff),
                                       RANGE_ABOVE(0x1f200),
                                       RANGE_ABOVE(0x1f7ff),
                                       RANGE_ABOVE(0x1f900),
                                       RANGE_ABOVE(0x1fbff),
                                       RANGE_ABOVE(0x20000),
                                       RANGE_ABOVE(0x3ffff)};

#define RANGES_HAVE(ranges, code) ranges_have((ranges), sizeof(ranges) / sizeof(ranges)[0], (code))

static bool ranges_have(const uint16_t *ranges, size_t count, uint32_t code)
{
    uint16_t place = code < 0x10000 ? (uint16_t)code : RANGE_ABOVE(code);

    for (size_t i = 0; i < count && code >= ranges[0]; i += 2) { /* most are ASCII */
        if (place >= ranges[i] && place <= ranges[i + 1]) {
            return true;
        }
    }
    return false;
}

/*
 * Append as much of a cell as goes into room characters; out may be NULL, to measure. Returns how
 * wide that is.
 */
static size_t table_show(const char *text, size_t room, struct buffer *out)
{
    size_t width = 0;

    while (*text != '\0') {
        uint32_t code;
        size_t length = character_read(text, &code);
        size_t wide = RANGES_HAVE(ranges_none, code) ? 0 : RANGES_HAVE(ranges_wide, code) ? 2 : 1;

        if (wide > room - width) {
            break;
        }
        if (out != NULL) {
            (void)character_show(out, text);
        }
        width += wide;
        text += length;
    }
    return width;
}

void table_start(struct table *table, const char *headings)
{
    *table = (struct table){.cells = BUFFER_EMPTY, .columns = headings == NULL ? 2 : 0};
    for (const char *at = headings; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        buffer_append(&table->cells, at, strcspn(at, ","));
        table_end_cell(table);
        table->columns++;
    }
}

void table_end_cell(struct table *table)
{
    buffer_append_byte(&table->cells, '\0');
}

void table_add_fact(struct table *table, const char *label, const char *fact)
{
    if (fact != NULL) {
        buffer_append_text(&table->cells, label);
        table_end_cell(table);
        buffer_append_text(&table->cells, fact);
        table_end_cell(table);
    }
}

static void table_pad(struct buffer *out, size_t count)
{
    while (count-- > 0) {
        buffer_append_byte(out, ' ');
    }
}

/* The last cell of a row, which begins after used characters. */
static void table_show_last(const char *text, size_t used, size_t width, struct buffer *out)
{
    size_t room = width > used ? width - used : SIZE_MAX;

    if (table_show(text, SIZE_MAX, NULL) > room) {
        (void)table_show(text, room - 1, out);
        buffer_append_text(out, TABLE_ELLIPSIS);
    } else {
        (void)table_show(text, room, out);
    }
    while (out->length > 0 && out->data[out->length - 1] == ' ') {
        buffer_truncate(out, out->length - 1);
    }
    buffer_append_byte(out, '\n');
}

void table_end(struct table *table, size_t width, struct buffer *out)
{
    size_t widths[TABLE_COLUMNS_MOST] = {0};
    const char *cells = buffer_text(&table->cells);
    /* Without memory for all of them they are not in columns, and nothing of it is shown. */
    const char *end = cells + (table->cells.failed ? 0 : table->cells.length);
    size_t column = 0;
    size_t used = 0;

    for (const char *at = cells; at < end; at += strlen(at) + 1) {
        size_t wide = table_show(at, SIZE_MAX, NULL);

        widths[column] = wide > widths[column] ? wide : widths[column];
        column = (column + 1) % table->columns;
    }
    for (const char *at = cells; at < end; at += strlen(at) + 1) {
        if (column + 1 == table->columns) {
            table_show_last(at, used, width, out);
            column = 0;
            used = 0;
            continue;
        }
        table_pad(out, widths[column] + TABLE_GAP - table_show(at, SIZE_MAX, out));
        used += widths[column] + TABLE_GAP;
        column++;
    }
    out->failed = out->failed || table->cells.failed;
    buffer_free(&table->cells);
}

size_t table_terminal_width(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
