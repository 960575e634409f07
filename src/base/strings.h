/*
 * The constants of the shipped binary are packed: sentences, tables of options, BearSSL's tables.
 * They are a fifth of it and become a third of their size. The linker gathers them in a section
 * that the file does not hold (strings.ld); the build packs its content with zopfli and links it in
 * as other data.
 */
#ifndef BASE_STRINGS_H
#define BASE_STRINGS_H

/* Put the constants in place: the first thing main does. Ends the program on damage. */
void strings_unpack(void);

#endif
