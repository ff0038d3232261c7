/* Checks a caller's tensors against what a model expects. */
#ifndef JTVMC_BIND_H
#define JTVMC_BIND_H

#include "jtvmc.h"

/* Checks all tensors and stores where the data of each begin in io. */
int32_t jtvmc_bind(const jtvmc_model_info* info, const DLTensor* tensors, void** io);

#endif /* JTVMC_BIND_H */
