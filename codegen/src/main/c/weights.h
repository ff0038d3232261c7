/* A model's weights in the memory of the CPU: in the library, or in a file that is mapped. */
#ifndef JTVMC_WEIGHTS_H
#define JTVMC_WEIGHTS_H

#include "jtvmc.h"

typedef struct jtvmc_weights {
  const void* data; /* NULL where the model has none */
  void* mapped;     /* the file, or NULL */
} jtvmc_weights;

/* Finds them; a mapped file is to be released. */
int32_t jtvmc_weights_find(jtvmc_weights* weights, const jtvmc_model_info* info,
                           const jtvmc_options* options);

void jtvmc_weights_release(jtvmc_weights* weights, const jtvmc_model_info* info);

#endif /* JTVMC_WEIGHTS_H */
