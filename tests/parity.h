/* parity.h: what the parity test is made of: recorded traces, and the world each is about. */
#ifndef PAVLOV_TESTS_PARITY_H
#define PAVLOV_TESTS_PARITY_H

#include "envs/host/instance.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* --- a table of a .csv or .csv.gz file, without quoting --- */

typedef struct trace {
    char *text; /* the file, cut up */
    char **name, **cell;
    int columns;
    size_t rows;
} trace;

static void *must(void *memory)
{
    ck_assert_msg(memory != NULL, "out of memory");
    return memory;
}

/* Returns the unpacked file with a 0 at its end; NULL where it cannot be read. */
static char *unpack_file(const char *path)
{
    gzFile file = gzopen(path, "rb");
    if (!file) {
        return NULL;
    }
    size_t size = 0;
    size_t room = 1u << 16;
    char *text = must(malloc(room));
    int got;
    while ((got = gzread(file, text + size, (unsigned)(room - size - 1))) > 0) {
        size += (size_t)got;
        if (room - size < 4096) {
            text = must(realloc(text, room *= 2));
        }
    }
    text[size] = '\0';
    if (gzclose(file) != Z_OK || got < 0 || strlen(text) != size) {
        free(text);
        return NULL;
    }
    return text;
}

static size_t count_letters(const char *text, char letter)
{
    size_t n = 0;
    for (; *text; text++) {
        n += *text == letter;
    }
    return n;
}

/* Cuts a line into its cells; returns their number. Cells past `room` are counted only. */
static int cut_line(char *line, char **cells, int room)
{
    int n = 0;
    for (char *cell = line; cell; n++) {
        char *comma = strchr(cell, ',');
        if (n < room) {
            cells[n] = cell;
        }
        if (comma) {
            *comma++ = '\0';
        }
        cell = comma;
    }
    return n;
}

static char *next_line(char **rest)
{
    char *line = *rest;
    if (!line || !*line) {
        return NULL;
    }
    char *end = strchr(line, '\n');
    *rest = end ? end + 1 : NULL;
    if (end) {
        *end = '\0';
        if (end > line && end[-1] == '\r') {
            end[-1] = '\0';
        }
    }
    return line;
}

static void trace_close(trace *table)
{
    free(table->text);
    free(table->name);
    free(table->cell);
}

/* Reads a file; 0 where it is no table. */
static int trace_open(trace *table, const char *path)
{
    *table = (trace){.text = unpack_file(path)};
    char *rest = table->text;
    char *header = next_line(&rest);
    if (!header) {
        trace_close(table);
        return 0;
    }
    const size_t lines = rest ? count_letters(rest, '\n') + 1 : 0;
    table->columns = (int)count_letters(header, ',') + 1;
    table->name = must(calloc((size_t)table->columns, sizeof(char *)));
    table->cell = must(calloc(lines * (size_t)table->columns + 1, sizeof(char *)));
    cut_line(header, table->name, table->columns);
    for (char *line = next_line(&rest); line; line = next_line(&rest)) {
        char **cells = table->cell + table->rows++ * (size_t)table->columns;
        if (cut_line(line, cells, table->columns) != table->columns) {
            trace_close(table);
            return 0;
        }
    }
    return 1;
}

/* Returns whether the first columns have these names. */
static int trace_begins(const trace *table, const char *const *names, int n)
{
    for (int i = 0; i < n; i++) {
        if (i >= table->columns || strcmp(table->name[i], names[i]) != 0) {
            return 0;
        }
    }
    return 1;
}

static const char *trace_cell(const trace *table, size_t row, int column)
{
    return table->cell[row * (size_t)table->columns + (size_t)column];
}

static double trace_number(const trace *table, size_t row, int column)
{
    return strtod(trace_cell(table, row, column), NULL);
}

/* Returns the column of a name, -1 if there is none. */
static int trace_column(const trace *table, const char *name)
{
    for (int i = 0; i < table->columns; i++) {
        if (strcmp(table->name[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

/* --- the draws of a row --- */

typedef struct recorded_draws {
    const char *rest; /* "uniform()=0.5;integer(0 3)=1;card()=10" */
    int wrong;        /* draws that the row does not hold, or not so */
} recorded_draws;

/* Takes "<name>(<arguments>)=<value>" from the row; returns the value's text, NULL if another draw
   is next. */
static const char *take_draw(recorded_draws *draws, const char *call)
{
    const size_t length = strlen(call);
    if (strncmp(draws->rest, call, length) != 0) {
        return NULL;
    }
    const char *value = draws->rest + length;
    draws->rest = value + strcspn(value, ";");
    draws->rest += *draws->rest == ';';
    return value;
}

static double recorded_uniform(void *ctx)
{
    recorded_draws *draws = ctx;
    const char *value = take_draw(draws, "uniform()=");
    draws->wrong += !value;
    return value ? strtod(value, NULL) : 0.0;
}

static int64_t recorded_integer(void *ctx, int64_t a, int64_t b)
{
    recorded_draws *draws = ctx;
    char call[64];
    snprintf(call, sizeof call, "integer(%lld %lld)=", (long long)a, (long long)b);
    const char *value = take_draw(draws, call);
    if (value) {
        return strtoll(value, NULL, 10);
    }
    /* a card is one of thirteen kinds, recorded by its value: 1 is kind 0 */
    value = a == 0 && b == 13 ? take_draw(draws, "card()=") : NULL;
    draws->wrong += !value;
    return value ? strtoll(value, NULL, 10) - 1 : a;
}

/* --- the world of a file name: <id>[_word...].csv.gz --- */

typedef struct trace_subject {
    char world[128]; /* as pv_world_open takes it */
    double gamma;    /* of value iteration */
} trace_subject;

/* What a word of a name says about the world; words that are not here say nothing (the kind of
   trace, which its columns tell better, or what tells traces of one kind apart). */
static const struct {
    const char *id, *word; /* '#' in a word: a number follows there */
    const char *meaning;   /* with '=' a parameter, else the id */
} trace_words[] = {
    {"CliffWalking-v1", "slippery", "slippery=1"},
    {"CliffWalking-v1", "det", "slippery=0"},
    {"CliffWalkingSlippery-v1", NULL, NULL},
    {"FrozenLake-v1", "slippery", "slippery=1"},
    {"FrozenLake-v1", "det", "slippery=0"},
    {"FrozenLake-v1", "rate#", "success_rate="},
    {"FrozenLake-v1", "8x8", "FrozenLake8x8-v1"},
    {"FrozenLake8x8-v1", "slippery", "slippery=1"},
    {"FrozenLake8x8-v1", "det", "slippery=0"},
    {"FrozenLake8x8-v1", "rate#", "success_rate="},
    {"Taxi-v4", "rainy", "rain=1"},
    {"Taxi-v4", "rate#", "rain_rate="},
    {"Taxi-v4", "fickle", "fickle=1"},
    {"Blackjack-v1", "sab", "sab=1,natural=0"},
    {"Blackjack-v1", "natural", "sab=0,natural=1"},
    {"Blackjack-v1", "plain", "sab=0,natural=0"},
    {"CartPole-v0", NULL, NULL},
    {"CartPole-v1", NULL, NULL},
    {"MountainCar-v0", NULL, NULL},
    {"MountainCarContinuous-v0", NULL, NULL},
    {"Acrobot-v1", "nips", "book_or_nips=nips"},
    {"Pendulum-v1", "g#", "g="},
    {"minatar", "asterix", "MinAtar/Asterix-v0"},
    {"minatar", "breakout", "MinAtar/Breakout-v0"},
    {"minatar", "freeway", "MinAtar/Freeway-v0"},
    {"minatar", "seaquest", "MinAtar/Seaquest-v0"},
    {"minatar", "space", "MinAtar/SpaceInvaders-v0"},
    {"minatar", "sticky", "sticky=0.1"},
    {"minatar", "afterend", "sticky=0.5"},
    {"minatar", "noramp", "ramping=0"},
};
enum { TRACE_WORDS = sizeof trace_words / sizeof trace_words[0] };

static int trace_id_known(const char *id)
{
    for (int i = 0; i < TRACE_WORDS; i++) {
        if (strcmp(trace_words[i].id, id) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Returns the number that stands in `word` where the pattern has '#', "" where the two are the same
   word, NULL where they differ. */
static const char *trace_match_word(const char *pattern, const char *word)
{
    const size_t length = strcspn(pattern, "#");
    if (pattern[length] == '\0') {
        return strcmp(pattern, word) == 0 ? "" : NULL;
    }
    return strncmp(pattern, word, length) == 0 && isdigit((unsigned char)word[length])
               ? word + length
               : NULL;
}

/* Adds what a word means to the id or the list of parameters. */
static void trace_read_word(const char *id, const char *word, char *renamed, char *list,
                            size_t room)
{
    for (int i = 0; i < TRACE_WORDS; i++) {
        const char *number = NULL;
        if (trace_words[i].word && strcmp(trace_words[i].id, id) == 0) {
            number = trace_match_word(trace_words[i].word, word);
        }
        if (number && strchr(trace_words[i].meaning, '=')) {
            const size_t used = strlen(list);
            snprintf(list + used, room - used, "%s%s%s", used ? "," : "", trace_words[i].meaning,
                     number);
        } else if (number) {
            snprintf(renamed, room, "%s", trace_words[i].meaning);
        }
    }
}

/* MinAtar's traces have no sticky actions unless the name says so, unlike the worlds. */
static void trace_read_minatar(char *list, size_t room)
{
    const size_t used = strlen(list);
    if (!strstr(list, "sticky=")) {
        snprintf(list + used, room - used, "%ssticky=0", used ? "," : "");
    }
}

/* Reads a file's name; 0 where it is about no world that is known here. */
static int trace_read_name(const char *file, trace_subject *subject)
{
    char text[256];
    char id[128];
    char list[128] = "";
    snprintf(text, sizeof text, "%s", file);
    char *end = strstr(text, ".csv");
    if (!end || (strcmp(end, ".csv") != 0 && strcmp(end, ".csv.gz") != 0)) {
        return 0;
    }
    *end = '\0';
    subject->gamma = 0.99;
    char *word = strtok(text, "_");
    if (!word || !trace_id_known(word)) {
        return 0;
    }
    const char *family = word;
    snprintf(id, sizeof id, "%s", family);
    while ((word = strtok(NULL, "_"))) {
        if (word[0] == 'g' && isdigit((unsigned char)word[1])) {
            subject->gamma = strtod(word + 1, NULL);
        }
        trace_read_word(family, word, id, list, sizeof list);
    }
    if (strcmp(family, "minatar") == 0) {
        trace_read_minatar(list, sizeof list);
    }
    const int length =
        snprintf(subject->world, sizeof subject->world, "%s%s%s", id, list[0] ? ":" : "", list);
    return strcmp(id, "minatar") != 0 && length > 0 && (size_t)length < sizeof subject->world;
}

#endif
