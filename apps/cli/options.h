/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Options from tables. A row says how an option is written, what it accepts and where its value goes;
 * the parser, the help and their error messages all read the same rows.
 *
 *     --steps 20   --steps=20   -s 5   -s5   -qv   --   (a '_' in a long name is read as '-')
 */
#ifndef SD14_CLI_OPTIONS_H
#define SD14_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "console.h"

typedef enum option_kind {
    OPTION_FLAG,     /**< bool: true when given */
    OPTION_COUNT,    /**< int: how many times it was given */
    OPTION_TEXT,     /**< const char *: borrowed from argv */
    OPTION_CHOICE,   /**< const char *: one of `choices`, in the table's spelling */
    OPTION_INT,      /**< int32_t from min to max */
    OPTION_NUMBER,   /**< float from min to max */
    OPTION_SEED,     /**< option_seed: of one picture */
    OPTION_SEEDS,    /**< option_seed: of one picture, or several with commas between them */
    OPTION_BYTES,    /**< uint64_t: an amount of memory, see number_bytes() */
    OPTION_SIZE,     /**< int32_t[2], width and height: WxH, both from min to max */
    OPTION_INTERVAL, /**< float[2], START,END: both from min to max, START below END */
    OPTION_CONFIG,   /**< a file of options (config_file.h), read before the others */
    OPTION_HELP      /**< prints the command's help */
} option_kind;

/** Seeds, or the wish for a random one. */
typedef struct option_seed {
    bool random;
    uint64_t value;   /**< the first */
    const char *list; /**< all of them, with commas; NULL: there is one. Borrowed. */
} option_seed;

typedef struct option {
    const char *name;           /**< long name; NULL ends a table */
    const char *aliases;        /**< other spellings, "d guidance guidance-scale"; NULL: none */
    const char *argument;       /**< its value's name in the help: "N"; NULL: takes none */
    const char *help;           /**< may have several lines */
    const char *shown;          /**< the default in words for the help; NULL: nothing to say */
    const char *const *choices; /**< OPTION_CHOICE: ends with NULL */
    const char *const *planned; /**< OPTION_CHOICE: understood, and refused for now; or NULL */
    const char *group;          /**< heading in the help, on the first row of a group; else NULL */
    double min, max;            /**< OPTION_INT, OPTION_NUMBER, OPTION_SIZE: both included */
    size_t offset;              /**< of the value in the command's settings */
    option_kind kind;
    char letter; /**< short name, or 0 */
} option;

/** Rows, and where their struct lies in the command's settings. */
typedef struct option_table {
    const option *rows; /**< end with a row without a name; NULL: none */
    size_t offset;
} option_table;

enum { OPTION_SHARED_MAX = 2 };

/** Enough for a value of any kind. */
typedef union option_value {
    bool flag;
    const char *text;
    option_seed seed;
    uint64_t bytes;
    int32_t size[2];
    float interval[2];
} option_value;

/** What a command accepts. */
typedef struct option_command {
    const char *name;      /**< "generate" */
    const char *summary;   /**< one line for the list of commands */
    const char *usage;     /**< what follows "sd14 " in the usage line */
    const char *examples;  /**< lines of the help's first part */
    const char *notes;     /**< text after the options; may be NULL */
    const option *options; /**< the command's own; ends with a row without a name */
    option_table shared[OPTION_SHARED_MAX]; /**< those it has in common with others */
    const char *operand;                    /**< "prompt"; NULL: the command takes none */
    size_t operand_offset;    /**< of the const char *[operand_max] for them in the settings */
    size_t operand_max;       /**< how many; those not given stay as they are */
    const char *operand_hint; /**< how to write them, for errors */
} option_command;

typedef enum option_result { OPTIONS_OK, OPTIONS_HELP, OPTIONS_WRONG } option_result;

/**
 * Reads a command's arguments into `settings`, which hold the defaults. The last of two equal options
 * wins. What is wrong is said on the console, in one line.
 *
 * @return OPTIONS_HELP when help was asked for: nothing after that was read.
 */
option_result
options_parse(console *con, const option_command *command, int argc, char **argv, void *settings);

/**
 * Reads a command's arguments as options_parse() would, only to find its OPTION_CONFIG's file.
 *
 * @param out_path  NULL: none was given.
 */
option_result options_find_config(
    console *con, const option_command *command, int argc, char **argv, const char **out_path);

/** Reads the seed at the beginning of `text`; what follows it, behind a comma, goes to *out_rest (NULL: nothing).
 * @return false: there is none. */
bool option_seed_next(const char *text, uint64_t *out_value, const char **out_rest);

/** The row called `name` (length bytes: a long name without "--", an alias or one letter; '_' is '-', as
 * nobody remembers which) and where its value lies in the settings; NULL: none. */
const option *
options_find(const option_command *command, const char *name, size_t length, size_t *out_offset);

/**
 * Reads `text` as a row's value. What is wrong is said on the console.
 *
 * @param value  As the row's kind says; a text is borrowed.
 * @param typed  What the row was called: "--steps".
 */
bool option_set(console *con, const option *row, void *value, const char *typed, const char *text);

/** The word of `words` (separated by spaces) most like `wrong`; false: none is like it. */
bool words_suggest(const char *words, const char *wrong, char *out, size_t out_bytes);

/** Whether `words` (separated by spaces) has `word` (length bytes) among them; NULL has none. */
bool words_have(const char *words, const char *word, size_t length);

#endif /* SD14_CLI_OPTIONS_H */
