#include "error.h"

#include "system.h"

static __thread char message[512];

int32_t jtvmc_fail(jtvmc_status status, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  return (int32_t)status;
}

const char* jtvmc_error(void) { return message; }
