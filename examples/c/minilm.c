/*
 * Runs a sentence through MiniLM, from C.
 *
 *   ./jtvmc compile zoo:minilm -o out/minilm
 *   cc -Iout/minilm examples/c/minilm.c -Lout/minilm -lminilm -Wl,-rpath,$PWD/out/minilm -lm -o minilm
 *   ./minilm [EXPECTED]
 *
 * EXPECTED is a file of the 128 x 384 floats that another implementation gives for the same
 * sentence; where it is named, the program compares.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "minilm.h"

#define TOKENS 128
#define FEATURES 384

/* "[CLS] hello world [SEP]" in the vocabulary of BERT. */
static const int64_t sentence[] = {101, 7592, 2088, 102};

static int64_t ids[TOKENS];
static int64_t mask[TOKENS];
static int64_t types[TOKENS];
static float states[TOKENS][FEATURES];
static float expected[TOKENS][FEATURES];

static void check(int32_t status) {
  if (status != JTVMC_OK) {
    fprintf(stderr, "minilm: %s\n", minilm_error());
    exit(1);
  }
}

static int compare(const char* path) {
  FILE* file = fopen(path, "rb");
  if (!file || fread(expected, sizeof expected, 1, file) != 1) {
    fprintf(stderr, "minilm: cannot read %s\n", path);
    return 1;
  }
  fclose(file);
  float worst = 0;
  for (int i = 0; i < TOKENS; i++) {
    for (int j = 0; j < FEATURES; j++) {
      float difference = fabsf(states[i][j] - expected[i][j]);
      if (!(difference <= worst)) worst = difference;
    }
  }
  printf("largest difference %g\n", worst);
  return worst <= 1e-3f ? 0 : 1;
}

int main(int argc, char** argv) {
  for (size_t i = 0; i < sizeof sentence / sizeof *sentence; i++) {
    ids[i] = sentence[i];
    mask[i] = 1;
  }
  jtvmc_model* model;
  jtvmc_context* context;
  check(minilm_open(NULL, &model));
  check(minilm_context_create(model, &context));

  const jtvmc_tensor_info* info = minilm_describe()->tensors;
  minilm_tensors tensors = {
      .input_ids = jtvmc_tensor(&info[0], ids),
      .attention_mask = jtvmc_tensor(&info[1], mask),
      .token_type_ids = jtvmc_tensor(&info[2], types),
      .last_hidden_state = jtvmc_tensor(&info[3], states),
  };
  check(minilm_run(context, &tensors));
  printf("%f %f %f ...\n", states[0][0], states[0][1], states[0][2]);

  minilm_context_destroy(context);
  minilm_close(model);
  return argc > 1 ? compare(argv[1]) : 0;
}
