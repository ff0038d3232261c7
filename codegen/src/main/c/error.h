/* The sentence that goes with a failure, one for each thread. */
#ifndef JTVMC_ERROR_H
#define JTVMC_ERROR_H

#include "jtvmc.h"

/* Stores the sentence for jtvmc_error and returns status. */
int32_t jtvmc_fail(jtvmc_status status, const char* format, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* JTVMC_ERROR_H */
