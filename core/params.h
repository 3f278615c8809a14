/* params.h: the declared parameters of worlds and agents, and the values a person gave them.

   A table of pv_param (pavlov/env.h) is the only declaration; checks, defaults, help and printing
   come from it. Values are set by name from text; an unknown name is answered with the nearest one.
 */
#ifndef PAVLOV_CORE_PARAMS_H
#define PAVLOV_CORE_PARAMS_H

#include "pavlov/status.h"

/* where a value came from, in rising order of precedence */
typedef enum pv_source {
    PV_SOURCE_DEFAULT,
    PV_SOURCE_PRESET,
    PV_SOURCE_SWITCH, /* another parameter that stands for several */
    PV_SOURCE_USER
} pv_source;

typedef struct pv_params {
    const char *owner;     /* "world CliffWalking-v1", for messages; not copied */
    const pv_param *table; /* [n], the declaration; not copied */
    int n;
    pv_value *value;   /* [n]; texts are owned here */
    pv_source *source; /* [n] */
} pv_params;

/* Returns a source in a word: "default", "preset", "switch" or "given". */
const char *pv_source_name(pv_source source);

/* Fills every value with its default. The table and owner must outlive it. */
pv_status pv_params_init(pv_params *params, const char *owner, const pv_param *table, int n);
void pv_params_free(pv_params *params);

/* Makes `copy` (not initialised) equal to `params`. */
pv_status pv_params_copy(pv_params *copy, const pv_params *params);

/* Sets one value from text: a number within its bounds, one of its choices, or any text. The
   message of a failure names the owner, the parameter, what it takes and, for an unknown name, the
   nearest. A value from a source of higher precedence than this one stays. */
pv_status pv_params_set(pv_params *params, const char *name, const char *text, pv_source source);

/* Sets values from "name=value,name=value"; a value may be quoted ("" or '') to hold a comma.
   Those before a failure stay set. */
pv_status pv_params_parse(pv_params *params, const char *list, pv_source source);

/* Returns the index of a parameter, -1 if there is none. */
int pv_params_find(const pv_params *params, const char *name);

/* The value of a parameter that the table has (anything else is the caller's mistake): a number, or
   the index of its choice; a text. */
double pv_params_number(const pv_params *params, const char *name);
const char *pv_params_text(const pv_params *params, const char *name);

/* Returns value i as one would type it ("0.1", "easy", a text); the caller frees it. */
char *pv_params_value_text(const pv_params *params, int i);

/* Returns the default of parameter i of a table in the same form; the caller frees it. */
char *pv_param_default_text(const pv_param *param);

/* Returns the bounds or choices of a parameter in words ("0 to 1", "easy|hard", "text"); the caller
   frees it. */
char *pv_param_range_text(const pv_param *param);

/* Returns 1 if value i differs from the default. */
int pv_params_changed(const pv_params *params, int i);

/* Returns the one of `names` nearest to `word` by edit distance (Damerau 1964), NULL if none is
   near. Upper and lower case are the same; names that begin with `word` come first. */
const char *pv_near_name(const char *word, const char *const *names, int n);

#endif
