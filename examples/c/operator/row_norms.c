/* The Euclidean length of every row of a matrix, but at least a number that is given. */
#include "jtvmc.h"

static float square_root(float x) { return __builtin_sqrtf(x); }

int32_t row_norms(const DLTensor* inputs, DLTensor* outputs, const double* attributes) {
  const float* x = inputs[0].data;
  float* y = outputs[0].data;
  float least = (float)attributes[0];
  for (int64_t row = 0; row < inputs[0].shape[0]; row++) {
    float sum = 0;
    for (int64_t column = 0; column < inputs[0].shape[1]; column++) {
      float value = x[row * inputs[0].shape[1] + column];
      sum += value * value;
    }
    float norm = square_root(sum);
    y[row] = norm < least ? least : norm;
  }
  return 0;
}
