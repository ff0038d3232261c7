/* Runs a library with matrices of several sizes, and compares the positions that it finds, whose
   number only the run knows, with those of the elements that were put there. */
#include <stdio.h>
#include <stdlib.h>

#include "open.h"

static int fail(const char* what) {
  fprintf(stderr, "%s: %s\n", what, open_error());
  return 1;
}

/* Every third element is not zero, from the second on. */
static int check(jtvmc_model* model, jtvmc_context* context, int64_t rows, int64_t columns) {
  const jtvmc_tensor_info* info = open_describe()->tensors;
  float* data = malloc((size_t)(rows * columns + 1) * sizeof *data);
  for (int64_t i = 0; i < rows * columns; i++) data[i] = i % 3 == 1 ? -1.0f : 0.0f;
  int64_t in[2] = {rows, columns};
  int64_t out[2] = {7, 7};
  open_tensors tensors = {
      .x = jtvmc_tensor(&info[0], data),
      .positions = jtvmc_sized_tensor(&info[1], NULL, out),
  };
  tensors.x.shape = in;
  if (open_infer_shapes(model, &tensors) != JTVMC_OK) return fail("infer_shapes");
  if (out[0] != -1) return fail("sizes before the run");
  if (open_run(context, &tensors) != JTVMC_OK) return fail("run");
  if (out[0] != (rows * columns + 1) / 3 || out[1] != 2) return fail("sizes");
  const int64_t* found = tensors.positions.data;
  for (int64_t i = 0; i < out[0]; i++) {
    if (found[2 * i] * columns + found[2 * i + 1] != 3 * i + 1) return fail("position");
  }
  free(data);
  printf(" %lldx%lld", (long long)rows, (long long)columns);
  return 0;
}

int main(void) {
  jtvmc_model* model;
  jtvmc_context* context;
  if (open_open(NULL, &model) != JTVMC_OK) return fail("open");
  if (open_context_create(model, &context) != JTVMC_OK) return fail("context_create");
  printf("right:");
  const int64_t sizes[][2] = {{1, 1}, {4, 7}, {50, 3}, {0, 5}, {4, 7}};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    if (check(model, context, sizes[i][0], sizes[i][1])) return 1;
  }
  printf("\n");
  open_context_destroy(context);
  open_close(model);
  return 0;
}
