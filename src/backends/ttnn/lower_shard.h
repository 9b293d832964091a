/* SPDX-License-Identifier: Apache-2.0 */

/** Inside of lower_shard(): what each function takes and gives in block shards, and who would profit from them. */
#ifndef SD14_TTNN_LOWER_SHARD_H
#define SD14_TTNN_LOWER_SHARD_H

#include "backends/ttnn/lower.h"

typedef enum result_rule {
    RESULT_FOLLOWS,   /**< in shards where its source is, on the same cores */
    RESULT_KEEPS,     /**< the same, if they are the cores of an image like the result */
    RESULT_CHOOSES,   /**< in shards on any cores, whatever the sources are */
    RESULT_CONVOLVES, /**< in shards on any cores, if its source is in shards */
    RESULT_GATHERS    /**< in shards on any cores, from interleaved sources only */
} result_rule;

typedef struct sharding {
    const char *function;
    result_rule result;
    bool seeks;       /**< so much the better for shards that its source is moved there */
    bool gives_plain; /**< from sources in shards an interleaved result, too */
    size_t room;      /**< KiB of each core for values in shards while it runs */
} sharding;

/** Of a call's function; NULL: it knows no shards. */
const sharding *shard_rule(const tt_call *call);

typedef struct sharder {
    lowering *l;
    tt_call *calls; /**< as they were lowered */
    int n_calls;
    int *moved;   /**< per call: where it is now */
    size_t *used; /**< per call: bytes of each core in shards while it runs */
    int *last;    /**< per slot: the last call that reads it, or a view of it, in shards */
    bool *wants;  /**< per slot: somebody reads it in shards */
    bool *seeks;  /**< per slot: and wants it moved there */
    bool *plain;  /**< per slot: somebody reads it interleaved */
    int *copy;    /**< per slot: the same value in the other placement */
    int n_slots;  /**< before there were copies */
} sharder;

tt_slot *shard_slot(const sharder *s, int slot);

/** The slot of an argument, or TT_NO_SLOT. */
int shard_slot_in(const json_t *value);

/** The one result that can be in shards, or TT_NO_SLOT. */
int shard_result(const tt_call *call);

/** What a call works on, or TT_NO_SLOT. */
int shard_source(const tt_call *call);

bool shard_is_view(const sharder *s, int slot);

/** Whether a call's sources may be in shards. */
bool shard_takes(const sharder *s, const tt_call *call, const sharding *rule);

/** Whether it is worth it to move the source of what is made to shards. */
bool shard_seeks_source(const sharder *s, const sharding *rule, int made);

typedef void shard_visit_fn(sharder *s, json_t *value, int call, bool takes);

/** Every value among a call's arguments. */
void shard_visit(sharder *s, int call, bool takes, shard_visit_fn *each);

/** Notes who wants a call's sources how; to be called from the last call to the first. */
void shard_wish(sharder *s, int call);

#endif /* SD14_TTNN_LOWER_SHARD_H */
