package org.jtvmc.compiler.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TargetParserTest {

  private final CpuTarget host =
      new CpuTarget(
          "x86_64-unknown-linux-gnu",
          "znver5",
          new TreeSet<>(Set.of("avx2", "avx512f", "rare")),
          3,
          new CpuTarget.Caches(1, 2, 3));

  private final TargetParser parser =
      new TargetParser(host, CpuModels.standard(), DeviceQuery.NONE);

  @ParameterizedTest
  @ValueSource(strings = {"llvm", "llvm -mcpu=znver5", "llvm -mcpu=native", " cpu  -num-cores=3 "})
  void theHostIsTakenAsItIs(String text) {
    assertEquals(host, parser.parse(text));
  }

  @Test
  void aTargetStringParsesBack() {
    assertEquals(host, parser.parse(host.toString()));
    var other = parser.parse("llvm -mcpu=skylake-avx512 -num-cores=7");
    assertEquals(other, parser.parse(other.toString()));
  }

  @Test
  void anotherProcessorHasItsOwnFeatures() {
    var haswell = cpu("llvm -mcpu=haswell -num-cores=4");

    assertEquals(256, haswell.vectorBits());
    assertEquals(4, haswell.cores());
    assertTrue(haswell.features().contains("fma"));
    assertFalse(haswell.features().contains("avx512f"));
    assertEquals(512, cpu("llvm -mcpu=icelake-server").vectorBits());
    assertEquals(128, cpu("llvm -mcpu=x86-64-v2").vectorBits());
  }

  private CpuTarget cpu(String text) {
    return assertInstanceOf(CpuTarget.class, parser.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cuda -arch=sm_80",
        "cuda -arch=sm_90a",
        "cuda -arch=sm_90a -tma=0",
        "cuda -arch=sm_90 -num-sms=78 -bandwidth=4800000000000",
        "cuda -arch=sm_75 -shared-per-block=1024 -shared-per-sm=2048 -l2-bytes=3 -clock=4"
      })
  void aGpuTargetStringParsesBack(String text) {
    assertEquals(text, parser.parse(text).toString());
  }

  @Test
  void thisMachinesGpuHasItsOwnFigures() {
    var device = new CudaTarget(90, true, 78, 5, 6, 7, 8, 9);
    var parsed =
        new TargetParser(host, CpuModels.standard(), () -> Optional.of(device)).parse("cuda");

    assertEquals(device, parsed);
    assertEquals(device, parser.parse(device.toString()));
  }

  @Test
  void featuresAreAddedAndRemoved() {
    var target = parser.parse("llvm -mattr=-avx512f,+fma");

    assertEquals(Set.of("avx2", "fma", "rare"), target.features());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "gpu",
        "llvm -mcpu",
        "llvm -march=x",
        "llvm -num-cores=0",
        "llvm -num-cores=many",
        "llvm -mattr=avx",
        "cuda -arch=sm_",
        "cuda -arch=80",
        "cuda -arch=sm_80 -clock=fast",
        "cuda -mcpu=znver5"
      })
  void otherTextsAreNoTargets(String text) {
    assertThrows(TargetSyntaxException.class, () -> parser.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cuda",
        "cuda -num-sms=3",
        "cuda -arch=sm_20",
        "cuda -arch=sm_80a",
        "cuda -arch=sm_90f",
        "llvm -mcpu=z80",
        "llvm -mtriple=aarch64-x"
      })
  void targetsThatAreNotThereAreNamed(String text) {
    assertThrows(TargetException.class, () -> parser.parse(text));
  }
}
