#!/usr/bin/env python3
"""Measures how fast this GPU copies within its memory, through the driver alone: what other kernels are held against.

Writes one JSON document: the device, and bytes read and written a second by a copy of 1 GiB, median and best of 20.
"""

import ctypes
import json
import os
import statistics
import sys

BYTES = 1 << 30
COPIES = 20
TOTAL_MEMORY_SHARE = 4
MULTIPROCESSORS, MAJOR, MINOR = 16, 75, 76


class Driver:
    """The functions of libcuda that are used; each result is checked."""

    def __init__(self):
        name = os.environ.get("JTVMC_LIBCUDA", "libcuda.so.1")
        try:
            self.library = ctypes.CDLL(name)
        except OSError as error:
            raise SystemExit(f"copy: there is no NVIDIA driver here: {error}")
        self.call("cuInit", 0)

    def call(self, name, *arguments):
        code = getattr(self.library, name)(*arguments)
        if code:
            raise SystemExit(f"copy: {name} failed with the CUDA error {code}")

    def number(self, name, *arguments):
        value = ctypes.c_int()
        self.call(name, ctypes.byref(value), *arguments)
        return value.value


def measure(driver, device):
    context, stream = ctypes.c_void_p(), ctypes.c_void_p()
    driver.call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
    driver.call("cuCtxSetCurrent", context)
    driver.call("cuStreamCreate", ctypes.byref(stream), 0)
    size = BYTES
    memory = ctypes.c_size_t()
    driver.call("cuDeviceTotalMem_v2", ctypes.byref(memory), device)
    while size > memory.value // TOTAL_MEMORY_SHARE:
        size //= 2
    places = []
    for _ in range(2):
        place = ctypes.c_uint64()
        driver.call("cuMemAlloc_v2", ctypes.byref(place), ctypes.c_size_t(size))
        places.append(place)
    events = [ctypes.c_void_p() for _ in range(2)]
    for event in events:
        driver.call("cuEventCreate", ctypes.byref(event), 0)
    rates = []
    for turn in range(COPIES + 3):
        driver.call("cuEventRecord", events[0], stream)
        driver.call("cuMemcpyDtoDAsync_v2", places[1], places[0], ctypes.c_size_t(size), stream)
        driver.call("cuEventRecord", events[1], stream)
        driver.call("cuStreamSynchronize", stream)
        milliseconds = ctypes.c_float()
        driver.call("cuEventElapsedTime", ctypes.byref(milliseconds), *events)
        if turn >= 3 and milliseconds.value > 0:
            rates.append(2 * size / milliseconds.value / 1e6)
    return size, memory.value, rates


def main():
    driver = Driver()
    device = ctypes.c_int()
    driver.call("cuDeviceGet", ctypes.byref(device), 0)
    name = ctypes.create_string_buffer(256)
    driver.call("cuDeviceGetName", name, len(name), device)
    attribute = "cuDeviceGetAttribute"
    size, memory, rates = measure(driver, device)
    if not rates:
        raise SystemExit("copy: the driver gave no times")
    json.dump(
        {
            "device": name.value.decode(),
            "capability": f"{driver.number(attribute, MAJOR, device)}.{driver.number(attribute, MINOR, device)}",
            "multiprocessors": driver.number(attribute, MULTIPROCESSORS, device),
            "memory_bytes": memory,
            "cuda": driver.number("cuDriverGetVersion"),
            "bytes": size,
            "gb_s_median": statistics.median(rates),
            "gb_s_best": max(rates),
        },
        sys.stdout,
        indent=2,
    )
    print()


if __name__ == "__main__":
    main()
