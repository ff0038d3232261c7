/*
 * Steps that decide how a run goes on: sizes that kernels have computed, conditions, loops, and
 * sequences, whose length and elements only the run knows. They have a kernel's form,
 *
 *   int32_t jtvmc_control_x(void** buffers, jtvmc_pool* pool)
 *
 * with the parameters, the context, the data of the inputs, and those of the results. The Java
 * classes of org.jtvmc.ir.op.control say what each does.
 */
#ifndef JTVMC_CONTROL_H
#define JTVMC_CONTROL_H

#include "context.h"
#include "jtvmc_pool.h"
#include "system.h"

/* What sequences are made of. Only ever added to, so that several may share one. */
typedef struct jtvmc_list {
  int64_t used;
  int64_t capacity;
  struct jtvmc_value* items[];
} jtvmc_list;

/*
 * A tensor, or a sequence. It lives as long as the run, and never changes. Between steps its address
 * goes as a number, a handle; 0 is the empty sequence. Behind the handle of a tensor come its sizes.
 */
typedef struct jtvmc_value {
  int32_t is_sequence;
  int32_t ndim;
  int64_t count; /* bytes of a tensor, elements of a sequence */
  void* data;    /* of a sequence the jtvmc_list */
  int64_t shape[];
} jtvmc_value;

/* Memory for as long as the run goes, aligned to a cache line; NULL where there is none. */
void* jtvmc_take(jtvmc_context* context, int64_t bytes) JTVMC_HIDDEN;

/* The number of elements times the bytes of one; -1 where that is none. */
int64_t jtvmc_bytes_of(const int64_t* shape, int64_t ndim, int64_t element_bytes) JTVMC_HIDDEN;

/* A tensor over memory that lives as long. NULL where there is no memory. */
jtvmc_value* jtvmc_tensor_value(jtvmc_context* context, void* data, int64_t bytes, int32_t ndim,
                                const int64_t* shape) JTVMC_HIDDEN;

/* Says what is wrong with the values, and gives JTVMC_SAID. */
int32_t jtvmc_refuse(jtvmc_context* context, const char* what) JTVMC_HIDDEN;

static inline jtvmc_value* jtvmc_value_of(int64_t handle) { return (jtvmc_value*)(intptr_t)handle; }
static inline int64_t jtvmc_handle_of(const jtvmc_value* value) { return (int64_t)(intptr_t)value; }

/* Writes a tensor's handle and sizes. */
static inline void jtvmc_describe_value(const jtvmc_value* value, int64_t* to) {
  to[0] = jtvmc_handle_of(value);
  for (int32_t i = 0; i < value->ndim; i++) to[1 + i] = value->shape[i];
}

#endif /* JTVMC_CONTROL_H */
