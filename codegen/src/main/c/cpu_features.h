#ifndef JTVMC_CPU_FEATURES_H
#define JTVMC_CPU_FEATURES_H

#include <stddef.h>

/*
 * Checks that this CPU and its kernel offer every instruction set in a comma-separated list of
 * LLVM's names ("avx2,fma"; a leading '+' is allowed). Returns 0, or the length of the first name
 * that is missing or not known, with *missing at its beginning.
 */
size_t jtvmc_missing_cpu_feature(const char* features, const char** missing);

#endif /* JTVMC_CPU_FEATURES_H */
