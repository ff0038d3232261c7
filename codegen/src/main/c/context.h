/* Contexts: what one running inference has of its own. A model's regions (the bodies of loops, the
   branches of conditions) are models of their own inside it, and run in contexts inside its own. */
#ifndef JTVMC_CONTEXT_H
#define JTVMC_CONTEXT_H

#include "jtvmc.h"
#include "sizes.h"
#include "texts.h"
#include "weights.h"

struct jtvmc_model {
  const jtvmc_model_info* info;
  jtvmc_weights weights;
  jtvmc_pool* pool;
  jtvmc_model* next; /* in open_models */
};

struct jtvmc_context {
  const jtvmc_model* model;
  const jtvmc_model_info* info; /* the model's own, or a region's */
  jtvmc_context* root;          /* the context that the caller made */
  jtvmc_context** regions;      /* NULL for those that have not run yet */
  void* workspace;
  uint64_t workspace_size;
  void* lent; /* workspace of the caller's, or NULL */
  uint64_t lent_size;
  jtvmc_sizes* sizes; /* of a model whose sizes are open, else NULL */
  void* workspace_in_use; /* lent or its own */
  uint32_t running;
  int32_t said;      /* the status of a failure that has its sentence already */
  jtvmc_texts texts; /* of the root: what lives as long as one run */
  uint64_t draws;    /* of the root: how often random numbers were drawn */
  uint64_t chance;   /* of the root: where they begin without a seed; 0 for not yet known */
  void* io[];        /* the data of the inputs, then of the outputs, then &root->texts, then this */
};

/* The context of one of its regions; NULL, and a sentence said, where there is no memory for it. */
jtvmc_context* jtvmc_region_context(jtvmc_context* context, int32_t region) JTVMC_HIDDEN;

/*
 * The shapes of a context's tensors that go with those of the inputs, -1 for what the run decides;
 * NULL where they are those of its description.
 */
int32_t jtvmc_context_shapes(jtvmc_context* context, const DLTensor* tensors,
                             const int64_t* const** shapes) JTVMC_HIDDEN;

/* As jtvmc_run, but for one region of a run that is under way. */
int32_t jtvmc_context_run(jtvmc_context* context, DLTensor* tensors) JTVMC_HIDDEN;

#endif /* JTVMC_CONTEXT_H */
