/* Runs a library with a sequence of vectors of several sizes, which a loop of as many steps as it is
   told makes longer, and compares the sequence that comes out, whose length only the run knows. */
#include <stdio.h>
#include <stdlib.h>

#include "open.h"

enum { GIVEN = 2, RANK = 2, MOST = 64 };

static int fail(const char* what) {
  fprintf(stderr, "%s: %s\n", what, open_error());
  return 1;
}

/* The element: a vector of one type, of so many elements, each greater by one than that before. */
static int is_counting(const DLTensor* element, int64_t size, float first) {
  if (element->ndim != 1 || element->shape[0] != size) return 0;
  if (element->dtype.code != kDLFloat || element->dtype.bits != 32 || element->dtype.lanes != 1) return 0;
  if (element->device.device_type != kDLCPU) return 0;
  const float* data = (const float*)((const char*)element->data + element->byte_offset);
  for (int64_t i = 0; i < size; i++) {
    if (data[i] != first + (float)i) return 0;
  }
  return 1;
}

/* The given sequence has vectors of a and b elements; each step adds the first 1, 2, ... of x. */
static int check(jtvmc_model* model, jtvmc_context* context, int64_t a, int64_t b, int64_t steps) {
  const jtvmc_tensor_info* info = open_describe()->tensors;
  float given[GIVEN][MOST], x[MOST];
  for (int i = 0; i < MOST; i++) {
    given[0][i] = 100.0f + (float)i;
    given[1][i] = 200.0f + (float)i;
    x[i] = (float)i;
  }
  int64_t size_of_a[1] = {a}, size_of_b[1] = {b}, size_of_x[1] = {steps + 1}, out[RANK] = {7, 7};
  open_tensors tensors = {
      .n = jtvmc_tensor(&info[0], &steps),
      .x = jtvmc_tensor(&info[1], x),
      .s_0 = jtvmc_tensor(&info[2], given[0]),
      .s_1 = jtvmc_tensor(&info[3], given[1]),
      .y__ = jtvmc_sized_tensor(&info[4], NULL, out),
  };
  tensors.x.shape = size_of_x;
  tensors.s_0.shape = size_of_a;
  tensors.s_1.shape = size_of_b;
  if (open_infer_shapes(model, &tensors) != JTVMC_OK) return fail("infer_shapes");
  if (out[0] != -1) return fail("a length before the run");
  if (open_run(context, &tensors) != JTVMC_OK) return fail("run");
  if (out[0] != GIVEN + steps || out[1] != (int64_t)sizeof(DLTensor)) return fail("length");
  const DLTensor* elements = tensors.y__.data;
  if (!is_counting(&elements[0], a, 100.0f)) return fail("the first that was given");
  if (!is_counting(&elements[1], b, 200.0f)) return fail("the second that was given");
  for (int64_t i = 0; i < steps; i++) {
    if (!is_counting(&elements[GIVEN + i], i + 1, 0.0f)) return fail("what a step added");
  }
  printf(" %lld", (long long)out[0]);
  return 0;
}

int main(void) {
  jtvmc_model* model;
  jtvmc_context* context;
  if (open_open(NULL, &model) != JTVMC_OK) return fail("open");
  if (open_context_create(model, &context) != JTVMC_OK) return fail("context_create");
  printf("right:");
  const int64_t runs[][3] = {{3, 5, 2}, {1, 0, 40}, {9, 9, 0}, {3, 5, 2}};
  for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
    if (check(model, context, runs[i][0], runs[i][1], runs[i][2])) return 1;
  }
  printf("\n");
  open_context_destroy(context);
  open_close(model);
  return 0;
}
