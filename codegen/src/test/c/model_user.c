/*
 * A C program that uses the library of a model "model": sum = x + y + weights, float32 [10, 100].
 * Prints "ok" and returns 0. The argument "no-fork" leaves out the child process.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model.h"

#define N 1000
#define THREADS 4

#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) {                                               \
      fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__, __LINE__, #condition, model_error()); \
      abort();                                                        \
    }                                                                 \
  } while (0)

#define CHECK_FAILS(call, code, sentence)            \
  do {                                               \
    CHECK((call) == (code));                         \
    CHECK(strcmp(model_error(), (sentence)) == 0);   \
  } while (0)

typedef struct {
  float x[N], y[N], sum[N];
  model_tensors tensors;
} run_data;

static jtvmc_context* left_open;

static void fill(run_data* data) {
  const jtvmc_tensor_info* infos = model_describe()->tensors;
  for (int i = 0; i < N; i++) {
    data->x[i] = (float)i;
    data->y[i] = (float)(10 * i);
    data->sum[i] = 0;
  }
  data->tensors.x = jtvmc_tensor(&infos[0], data->x);
  data->tensors.y = jtvmc_tensor(&infos[1], data->y);
  data->tensors.sum = jtvmc_tensor(&infos[2], data->sum);
}

static void run_and_check(jtvmc_context* context, run_data* data) {
  memset(data->sum, 0, sizeof data->sum);
  CHECK(model_run(context, &data->tensors) == JTVMC_OK);
  for (int i = 0; i < N; i++) CHECK(data->sum[i] == (float)(1011 * i));
}

static void* run_many(void* model) {
  run_data* data = malloc(sizeof *data);
  jtvmc_context* context;
  fill(data);
  CHECK(model_context_create(model, &context) == JTVMC_OK);
  for (int i = 0; i < 300; i++) run_and_check(context, data);
  model_context_destroy(context);
  free(data);
  return NULL;
}

static void check_errors(jtvmc_context* context) {
  run_data data;
  fill(&data);
  model_tensors tensors = data.tensors;

  tensors.x.dtype.bits = 64;
  CHECK_FAILS(model_run(context, &tensors), JTVMC_WRONG_TYPE,
              "tensor \"x\" holds float64 (lanes 1) where the model expects float32");
  tensors = data.tensors;
  tensors.y.ndim = 1;
  CHECK_FAILS(model_run(context, &tensors), JTVMC_WRONG_SHAPE,
              "tensor \"y\" has rank 1 where the model expects 2");
  tensors = data.tensors;
  int64_t shape[] = {10, 101};
  tensors.sum.shape = shape;
  CHECK_FAILS(model_run(context, &tensors), JTVMC_WRONG_SHAPE,
              "tensor \"sum\" has shape [10,101] where the model expects [10,100]");
  tensors = data.tensors;
  int64_t column_major[] = {1, 10};
  tensors.x.strides = column_major;
  CHECK_FAILS(model_run(context, &tensors), JTVMC_WRONG_SHAPE,
              "tensor \"x\" is not compact: the stride of axis 1 is 10, not 1");
  int64_t row_major[] = {100, 1};
  tensors.x.strides = row_major;
  CHECK(model_run(context, &tensors) == JTVMC_OK);
  tensors = data.tensors;
  tensors.x.device.device_type = (DLDeviceType)2;
  CHECK_FAILS(model_run(context, &tensors), JTVMC_WRONG_DEVICE,
              "tensor \"x\" lies on device type 2, not on the CPU");
  tensors = data.tensors;
  tensors.x.data = NULL;
  CHECK_FAILS(model_run(context, &tensors), JTVMC_INVALID_ARGUMENT,
              "tensor \"x\": the data are NULL");
  tensors = data.tensors;
  tensors.sum.data = data.x;
  tensors.sum.byte_offset = 4;
  CHECK_FAILS(model_run(context, &tensors), JTVMC_INVALID_ARGUMENT,
              "tensors \"x\" and \"sum\" overlap");
  CHECK_FAILS(model_run(context, NULL), JTVMC_INVALID_ARGUMENT, "run: the tensors are NULL");
  CHECK_FAILS(model_run(NULL, &tensors), JTVMC_INVALID_ARGUMENT, "run: the context is NULL");
  jtvmc_options options = {-1, 0, NULL};
  jtvmc_model* model;
  CHECK_FAILS(model_open(&options, &model), JTVMC_INVALID_ARGUMENT,
              "open: num_threads is -1, not in 0 to 1024");
  CHECK(model == NULL);
  model_close(NULL);
  model_context_destroy(NULL);
}

/* A child process, such as a pre-forking server makes, goes on with the open model. */
static void run_in_child_too(jtvmc_context* context, run_data* data) {
  pid_t child = fork();
  CHECK(child >= 0);
  for (int i = 0; i < 10; i++) run_and_check(context, data);
  if (child == 0) exit(0);
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(int argc, char** argv) {
  (void)argv;
  jtvmc_options options = {3, 0, NULL};
  jtvmc_model* model;
  jtvmc_context* context;
  run_data data;
  CHECK(strcmp(model_describe()->name, "model") == 0);
  CHECK(model_open(&options, &model) == JTVMC_OK);
  CHECK(model_context_create(model, &context) == JTVMC_OK);
  check_errors(context);

  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    CHECK(pthread_create(&threads[i], NULL, run_many, model) == 0);
  }
  for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);

  fill(&data);
  run_and_check(context, &data);
  if (argc == 1) run_in_child_too(context, &data);

  model_context_destroy(context);
  model_close(model);

  /* Left open: the library stops its threads when the process ends. */
  CHECK(model_open(&options, &model) == JTVMC_OK);
  CHECK(model_context_create(model, &left_open) == JTVMC_OK);
  run_and_check(left_open, &data);
  puts("ok");
  return 0;
}
