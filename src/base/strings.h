/*
 * The sentences of the shipped binary are packed: they are a seventh of it, and become a third of
 * their size. The linker gathers the string literals of src/ in a section that the file does not
 * hold (strings.ld); the build packs its content with gzip and links it in as other data.
 */
#ifndef BASE_STRINGS_H
#define BASE_STRINGS_H

/* Put the string literals in place: the first thing main does. Ends the program on damage. */
void strings_unpack(void);

#endif
