/*
 * Most of the shipped binary is packed: code, sentences, tables. Unpacked it would be nearly twice
 * the size. The linker gathers it in a section that the file does not hold (packed.ld); the build
 * packs the content with zopfli and links it in as data (the Makefile and packed.sh). Nowhere is
 * memory writable and executable at one time.
 */
#ifndef BASE_PACKED_H
#define BASE_PACKED_H

/*
 * Put code and constants in place: the first thing main does. Ends the program, with a sentence,
 * where the system lets no program make code executable.
 */
void packed_unfold(void);

#endif
