#include "host.h"

int32_t jtvmc_host_roi_align(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;

/* Along one dimension: where a region starts, how wide a pixel is, how many samples it takes. */
typedef struct {
  float start;
  float step;
  int64_t samples;
} grid;

static grid grid_of(const float* region, float scale, int64_t half, int64_t pixels,
                    int64_t ratio) {
  float offset = half ? 0.5f : 0.0f;
  float start = region[0] * scale - offset;
  float length = region[2] * scale - offset - start;
  if (!half && !(length > 1)) length = 1;
  grid g = {start, length / (float)pixels, ratio};
  if (ratio <= 0) {
    /* More samples than this are a region that no image has. */
    float wanted = g.step < 1e6f ? g.step : 1e6f;
    g.samples = wanted > 0 ? (int64_t)wanted : 0;
    if ((float)g.samples < wanted) g.samples++;
  }
  return g;
}

static float at(grid g, int64_t pixel, int64_t sample) {
  return g.start + (float)pixel * g.step + ((float)sample + 0.5f) * g.step / (float)g.samples;
}

typedef struct {
  const float* data;
  int64_t height;
  int64_t width;
} plane;

static float pixel(plane p, int64_t row, int64_t column) {
  int64_t r = row < p.height ? row : p.height - 1;
  int64_t c = column < p.width ? column : p.width - 1;
  return p.data[r * p.width + c];
}

static float within(float x, int64_t size) {
  float last = (float)(size - 1);
  return x < 0 ? 0 : x > last ? last : x;
}

static float larger(float a, float b) { return a > b ? a : b; }

static float value(plane p, grid rows, int64_t y, grid columns, int64_t x, int64_t greatest) {
  float sum = 0;
  float most = -__builtin_inff();
  for (int64_t i = 0; i < rows.samples; i++) {
    for (int64_t j = 0; j < columns.samples; j++) {
      float row = at(rows, y, i);
      float column = at(columns, x, j);
      if (!(row >= -1 && row <= (float)p.height && column >= -1 && column <= (float)p.width)) {
        most = larger(most, 0);
        continue;
      }
      float r = within(row, p.height);
      float c = within(column, p.width);
      int64_t top = (int64_t)r;
      int64_t left = (int64_t)c;
      float down = r - (float)top;
      float right = c - (float)left;
      float a = (1 - down) * (1 - right) * pixel(p, top, left);
      float b = (1 - down) * right * pixel(p, top, left + 1);
      float d = down * (1 - right) * pixel(p, top + 1, left);
      float e = down * right * pixel(p, top + 1, left + 1);
      sum += a + b + d + e;
      most = larger(most, larger(larger(a, b), larger(d, e)));
    }
  }
  int64_t count = rows.samples * columns.samples;
  if (greatest) return count ? most : 0;
  return sum / (float)(count ? count : 1);
}

/* data, regions, images; result; scale; n, c, h, w, regions, height, width, ratio, greatest, half */
int32_t jtvmc_host_roi_align(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const float* data = buffers[0];
  const float* regions = buffers[1];
  const int64_t* images = buffers[2];
  float* result = buffers[3];
  const int64_t* parameters = buffers[5];
  int64_t channels = parameters[1];
  plane p = {data, parameters[2], parameters[3]};
  int64_t height = parameters[5];
  int64_t width = parameters[6];
  double scale;
  memcpy(&scale, buffers[4], sizeof scale);
  for (int64_t region = 0; region < parameters[4]; region++) {
    int64_t image = images[region];
    if (image < 0 || image >= parameters[0]) return JTVMC_REFUSED;
    grid rows = grid_of(regions + region * 4 + 1, (float)scale, parameters[9], height,
                        parameters[7]);
    grid columns = grid_of(regions + region * 4, (float)scale, parameters[9], width,
                           parameters[7]);
    for (int64_t c = 0; c < channels; c++) {
      p.data = data + (image * channels + c) * p.height * p.width;
      for (int64_t y = 0; y < height; y++) {
        for (int64_t x = 0; x < width; x++) {
          *result++ = value(p, rows, y, columns, x, parameters[8]);
        }
      }
    }
  }
  return 0;
}
