/*
 * Operators whose results depend on what the elements are, not only on where: functions that run
 * between kernels, on the calling thread. All have a kernel's form,
 *
 *   int32_t jtvmc_host_x(void** buffers, jtvmc_pool* pool)
 *
 * with the data of the inputs, the results, the scratch memory where there is some, the table where
 * there is one, and last the parameters. Results are as large as they can become; what is not there is filled with zeros, and
 * the sizes of what is there are a result. The Java classes of org.jtvmc.ir.op.host say what each
 * computes.
 */
#ifndef JTVMC_HOST_H
#define JTVMC_HOST_H

#include "jtvmc_pool.h"
#include "system.h"

/* Codes of failure beside a kernel's own. */
enum {
  JTVMC_REFUSED = 1000, /* an argument holds what the operator cannot take */
  JTVMC_NO_MEMORY = 1001,
  JTVMC_SAID = 1002 /* the context holds the status, and the sentence is said */
};

/* How elements compare: a kind and the bytes of one. */
typedef struct {
  int32_t kind; /* one of the below */
  int32_t bytes;
} jtvmc_element;

enum { JTVMC_SIGNED = 0, JTVMC_UNSIGNED = 1, JTVMC_REAL = 2, JTVMC_BFLOAT = 3 };

/* The element type that a parameter means. */
static inline jtvmc_element jtvmc_element_of(int64_t code) {
  jtvmc_element element = {(int32_t)(code / 16), (int32_t)(code % 16)};
  return element;
}

/*
 * A number that orders as the element does: the two zeros are one, all NaNs are one and greater
 * than any number.
 */
uint64_t jtvmc_element_key(jtvmc_element element, const void* data, int64_t index) JTVMC_HIDDEN;

/* Whether a comes before b. */
typedef int32_t (*jtvmc_before)(const void* context, int64_t a, int64_t b);

/* Sorts, and leaves equals in their order; spare has room for as many. */
void jtvmc_sort(int64_t* items, int64_t* spare, int64_t count, jtvmc_before before,
                const void* context) JTVMC_HIDDEN;

#endif /* JTVMC_HOST_H */
