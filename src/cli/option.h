/*
 * An option of the command line, as a row of a table.
 */
#ifndef CLI_OPTION_H
#define CLI_OPTION_H

struct option {
    char name[23];     /* after "--" */
    char letter;       /* after "-"; 0 for none */
    const char *value; /* what its value is called; NULL for a flag */
    const char *help;  /* one line */
};

/* A group of options that commands share; ends with an option without a name. */
struct option_group {
    const char *title;
    const struct option *options;
};

#endif
