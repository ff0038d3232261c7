package org.jtvmc.codegen.llvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jtvmc.ir.target.CpuTarget.Caches;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostCpuTest {

  @TempDir Path folder;

  @Test
  void thisMachineIsATarget() {
    var target = HostCpu.detect().target();
    assertTrue(target.features().contains("sse2"));
    assertTrue(target.caches().l1() >= 4096);
    assertEquals(Runtime.getRuntime().availableProcessors(), target.cores());
  }

  @Test
  void onlyDataAndUnifiedCachesCount() throws IOException {
    cache("index0", "1", "Data", "48K");
    cache("index1", "1", "Instruction", "64K");
    cache("index2", "2", "Unified", "1024K");
    cache("index3", "3", "Unified", "32M");
    assertEquals(new Caches(48 << 10, 1 << 20, 32 << 20), CacheSizes.read(folder));
  }

  @Test
  void whereNothingIsKnownCachesAreTypical() throws IOException {
    assertEquals(Caches.TYPICAL, CacheSizes.read(folder));
    assertEquals(Caches.TYPICAL, CacheSizes.read(folder.resolve("nowhere")));
    cache("index0", "1", "Data", "noise");
    assertEquals(Caches.TYPICAL, CacheSizes.read(folder));
  }

  private void cache(String name, String level, String type, String size) throws IOException {
    var entry = Files.createDirectories(folder.resolve(name));
    Files.writeString(entry.resolve("level"), level + "\n");
    Files.writeString(entry.resolve("type"), type + "\n");
    Files.writeString(entry.resolve("size"), size + "\n");
  }
}
