/* Models whose sizes are known only at run time: what the compiler writes of them, and the sizes of
   one run. */
#ifndef JTVMC_SIZES_H
#define JTVMC_SIZES_H

#include "jtvmc.h"
#include "system.h"

/*
 * A size that the caller's inputs give, or that the run decides: it goes in stages, the first of
 * which knows the inputs' shapes; each later one begins where a kernel has computed sizes.
 */
typedef struct jtvmc_symbol {
  const char* name;
  int64_t least;
  int64_t most;
  int32_t tensor; /* the input that gives it; -stage where it is known from that stage on */
  int32_t axis;   /* or which of the sizes that begin the stage */
} jtvmc_symbol;

typedef enum jtvmc_size_code {
  JTVMC_SIZE_NUMBER = 0, /* value */
  JTVMC_SIZE_SYMBOL = 1, /* the symbol number value */
  JTVMC_SIZE_ADD = 2,    /* of two values before this one, as all that follow */
  JTVMC_SIZE_SUBTRACT = 3,
  JTVMC_SIZE_MULTIPLY = 4,
  JTVMC_SIZE_DIVIDE = 5, /* rounding down; 0 where the divisor is */
  JTVMC_SIZE_MODULO = 6,
  JTVMC_SIZE_MAX = 7,
  JTVMC_SIZE_MIN = 8
} jtvmc_size_code;

/* One value in the order of computation. */
typedef struct jtvmc_size_step {
  int32_t code;
  int32_t left;
  int32_t right;
  int32_t stage; /* from which on it is known */
  int64_t value;
} jtvmc_size_step;

/* What must hold of two values. */
typedef struct jtvmc_size_check {
  int32_t left;
  int32_t right;
  int32_t is_least; /* left is at least right; else both are equal */
  int32_t stage;    /* that checks it */
  const char* what; /* what the values are, for the message */
} jtvmc_size_check;

/* Something in the workspace, alive from one call of a kernel to another. */
typedef struct jtvmc_block {
  int32_t size; /* which value it is, in bytes */
  int32_t first;
  int32_t last;
  int32_t stage; /* from which on it is there */
} jtvmc_block;

/* Code for one set of shapes. */
typedef struct jtvmc_fixed_variant {
  const int64_t* const* shapes; /* of all tensors */
  uint64_t workspace_size;
  jtvmc_entry entry;
} jtvmc_fixed_variant;

/* As jtvmc_entry; offsets are those of the blocks in the workspace. */
typedef int32_t (*jtvmc_open_entry)(void** io, void* workspace, const void* weights,
                                    jtvmc_pool* pool, const int64_t* values,
                                    const int64_t* offsets);

struct jtvmc_open_model {
  int32_t num_fixed;
  int32_t num_symbols;
  int32_t num_steps;
  int32_t num_checks;
  int32_t num_blocks;
  int32_t num_dims;
  int32_t num_stages;
  int32_t unused;
  const jtvmc_fixed_variant* fixed;
  const jtvmc_symbol* symbols;
  const jtvmc_size_step* steps;
  const jtvmc_size_check* checks;
  const jtvmc_block* blocks;
  const int32_t* dims; /* which value every size of every tensor is, one tensor behind the other */
  jtvmc_open_entry entry; /* code for all shapes */
};

/* What one stage of a run works with. */
typedef struct jtvmc_stage {
  void* memory; /* for its blocks, where it is not the first, whose blocks are in the workspace */
  uint64_t size;
  const void* base; /* the workspace from which the offsets of its blocks count */
  int32_t known;    /* whether the rest of it is that of the symbols */
} jtvmc_stage;

/* The sizes of one run. */
typedef struct jtvmc_sizes {
  const jtvmc_open_model* open;
  const jtvmc_fixed_variant* fixed; /* the code to run; NULL for that for all shapes */
  int64_t* symbols;
  int64_t* values;
  int64_t* dims;          /* -1 for one that is not known yet */
  const int64_t** shapes; /* of all tensors */
  int64_t* offsets;       /* of the blocks, from the workspace on */
  int32_t* order;
  jtvmc_stage* stages;
  uint64_t workspace_size;
} jtvmc_sizes;

/* Memory for the sizes of a model, in one piece that jtvmc_sizes_free gives back. NULL where there
   is none. */
jtvmc_sizes* jtvmc_sizes_create(const jtvmc_model_info* info);
void jtvmc_sizes_free(jtvmc_sizes* sizes);

/* Finds the sizes that the shapes of the inputs give, or says which are not the model's. */
int32_t jtvmc_sizes_update(jtvmc_sizes* sizes, const jtvmc_model_info* info,
                           const DLTensor* tensors);

/*
 * Begins a stage: finds the sizes that follow from those that the run has decided, and memory for
 * the blocks of such sizes.
 */
int32_t jtvmc_sizes_decide(jtvmc_sizes* sizes, const jtvmc_model_info* info, int32_t stage,
                           const int64_t* decided, const void* workspace) JTVMC_HIDDEN;

#endif /* JTVMC_SIZES_H */
