/* arguments.h: command lines, read by the table each command declares. Help, checks and suggestions
   come from the table. */
#ifndef PAVLOV_CLI_ARGUMENTS_H
#define PAVLOV_CLI_ARGUMENTS_H

#include "pavlov/status.h"

typedef struct pv_option {
    const char *name;  /* "--steps" */
    const char *value; /* "N", how help calls its value; NULL: a switch */
    const char *help;
    int repeats; /* 1: may be given several times */
} pv_option;

typedef struct pv_arguments pv_arguments;

typedef struct pv_command {
    const char *name, *positional, *summary; /* "train", "AGENT ENV", one line */
    int least, most;                         /* positional arguments; most -1: any number */
    const pv_option *options;
    int n_options;
    pv_status (*run)(const pv_arguments *arguments);
} pv_command;

/* Reads argv[0..argc-1] (what follows the command's name); NULL on failure. argv must outlive it.
 */
pv_arguments *pv_arguments_create(const pv_command *command, int argc, char **argv);
void pv_arguments_destroy(pv_arguments *arguments);

/* Adds "name": value pairs of a JSON file as options that the command line did not give, "agent"
   and "env" as positional arguments; an object under a repeating option adds "key=value" for each.
 */
pv_status pv_arguments_config(pv_arguments *arguments, const char *path);

/* Fails if there are too few or too many positional arguments. */
pv_status pv_arguments_check(const pv_arguments *arguments);

/* Returns positional argument i, NULL past the last, and their number. */
const char *pv_argument(const pv_arguments *arguments, int i);
int pv_argument_count(const pv_arguments *arguments);

/* Returns an option's value (the last one given; "" for a switch), or NULL if it was not given. */
const char *pv_option_text(const pv_arguments *arguments, const char *name);

/* Returns value i of a repeating option, in order, NULL past the last. */
const char *pv_option_each(const pv_arguments *arguments, const char *name, int i);

/* Reads an option as a whole number in low..high ("20000", "20k", "2M"), or as a number; *value is
   left alone if it was not given. */
pv_status pv_option_count(const pv_arguments *arguments, const char *name, uint64_t low,
                          uint64_t high, uint64_t *value);
pv_status pv_option_number(const pv_arguments *arguments, const char *name, double low, double high,
                           double *value);

/* Writes a command's help to stdout. */
void pv_command_help(const pv_command *command);

#endif
