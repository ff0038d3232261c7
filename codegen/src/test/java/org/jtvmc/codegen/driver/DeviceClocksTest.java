package org.jtvmc.codegen.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jtvmc.codegen.driver.DeviceClocks.Reading;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A device's clocks, from a stand-in for NVIDIA's management library. */
class DeviceClocksTest {

  @TempDir private Path folder;
  private CudaDriver driver;
  private CudaDevice device;

  @BeforeEach
  void open() {
    driver = CudaDriver.open(FakeCuda.build(folder).library().toString());
    device = driver.device(0);
  }

  @AfterEach
  void close() {
    if (driver != null) {
      driver.close();
    }
  }

  private DeviceClocks clocks(FakeNvml fake) {
    return DeviceClocks.of(device, fake.library().toString());
  }

  @Test
  void clocksAreReadAsTheyAreNow() throws IOException {
    var fake = FakeNvml.build(folder, true);
    try (var clocks = clocks(fake)) {
      assertEquals(Optional.empty(), clocks.problem());
      assertEquals(Optional.of(new Reading(1980, Optional.of(2619), false)), clocks.read());
      fake.configure("sm 1200", "memory 1593");
      assertEquals(Optional.of(new Reading(1200, Optional.of(1593), false)), clocks.read());
    }
  }

  @Test
  void heatAndThePowerBrakeHoldClocksDownAndThePowerLimitDoesNot() throws IOException {
    var fake = FakeNvml.build(folder, true);
    try (var clocks = clocks(fake)) {
      for (var reason : List.of("0x8", "0x20", "0x40", "0x80", "0x24")) {
        fake.configure("reasons " + reason);
        assertEquals(
            Optional.of(true), clocks.read().map(Reading::heldDown), "for the reason " + reason);
      }
      for (var reason : List.of("0x0", "0x1", "0x2", "0x4", "0x10", "0x100")) {
        fake.configure("reasons " + reason);
        assertEquals(
            Optional.of(false), clocks.read().map(Reading::heldDown), "for the reason " + reason);
      }
    }
  }

  @Test
  void aLibraryThatIsMissingOrRefusesIsASentence() throws IOException {
    var missing = folder.resolve("libnvidia-ml.so.1").toString();
    try (var clocks = DeviceClocks.of(device, missing)) {
      assertEquals(Optional.of(missing + " cannot be loaded"), clocks.problem());
      assertEquals(Optional.empty(), clocks.read());
    }
    var fake = FakeNvml.build(folder, true);
    for (var name : List.of("nvmlInit_v2", "nvmlDeviceGetHandleByPciBusId_v2")) {
      fake.configure("fail " + name + " 9");
      try (var clocks = clocks(fake)) {
        assertEquals(
            Optional.of(fake.library() + " finds no clocks (NVML error 9)"), clocks.problem());
        assertEquals(Optional.empty(), clocks.read());
      }
    }
    var other = FakeCuda.build(folder).library().toString();
    try (var clocks = DeviceClocks.of(device, other)) {
      assertEquals(
          Optional.of(other + " has no function nvmlInit_v2: update the NVIDIA driver"),
          clocks.problem());
    }
  }

  @Test
  void whatADeviceDoesNotTellIsLeftOut() throws IOException {
    var fake = FakeNvml.build(folder, true);
    try (var clocks = clocks(fake)) {
      fake.configure("fail nvmlDeviceGetClockInfo 3");
      assertEquals(Optional.empty(), clocks.read());
      fake.configure("reasons 0x40", "fail nvmlDeviceGetCurrentClocksThrottleReasons 3");
      assertEquals(Optional.of(new Reading(1980, Optional.of(2619), false)), clocks.read());
    }
    try (var clocks = clocks(FakeNvml.build(folder, false))) {
      assertEquals(Optional.of(new Reading(1980, Optional.of(2619), false)), clocks.read());
    }
  }

  @Test
  void theLibraryIsStoppedAsOftenAsItIsStarted() throws IOException {
    var fake = FakeNvml.build(folder, true);
    for (int i = 0; i < 3; i++) {
      clocks(fake).close();
    }
    fake.configure("fail nvmlInit_v2 9");
    clocks(fake).close();
    assertEquals(4, Collections.frequency(fake.calls(), "nvmlInit_v2"));
    assertEquals(3, Collections.frequency(fake.calls(), "nvmlShutdown"));
  }
}
