package org.jtvmc.codegen.runtime;

import static org.jtvmc.codegen.CCompiler.PROGRAMS;
import static org.jtvmc.codegen.CCompiler.RUNTIME;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jtvmc.codegen.CCompiler;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The quota of a cgroup, read from folders that look like the kernel's. */
class CgroupTest {

  private static final int NO_QUOTA = Integer.MAX_VALUE;

  @TempDir Path folder;

  @BeforeEach
  void buildProgram() throws IOException {
    CCompiler.build(
        folder.resolve("program"),
        List.of(PROGRAMS.resolve("cgroup_cpus.c"), RUNTIME.resolve("cpu_count.c")));
  }

  @Test
  void version2TakesTheLeastOfTheGroupAndItsAncestors() throws IOException {
    put("sys/a/b/cpu.max", "800000 100000\n");
    put("sys/a/cpu.max", "300000 100000\n");
    put("sys/cpu.max", "max 100000\n");
    assertEquals(3, cpus("0::/a/b\n"));
    assertEquals(3, cpus("0::/a\n"));
    assertEquals(NO_QUOTA, cpus("0::/\n"));
  }

  @Test
  void aPartOfACpuIsRoundedDownButNeverToNone() throws IOException {
    put("sys/a/cpu.max", "290000 100000\n");
    put("sys/b/cpu.max", "50000 100000\n");
    assertEquals(2, cpus("0::/a\n"));
    assertEquals(1, cpus("0::/b\n"));
  }

  @Test
  void version1IsReadWhereItIsMounted() throws IOException {
    put("sys/cpu,cpuacct/docker/x/cpu.cfs_quota_us", "400000\n");
    put("sys/cpu,cpuacct/docker/x/cpu.cfs_period_us", "100000\n");
    put("sys/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    put("sys/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    var self = "12:cpuset:/other\n4:cpu,cpuacct:/docker/x\n1:name=systemd:/docker/x\n";
    assertEquals(4, cpus(self));
    assertEquals(NO_QUOTA, cpus("12:cpuset:/docker/x\n"));
  }

  @Test
  void insideAContainerTheRootOfTheMountCounts() throws IOException {
    put("sys/cpu/cpu.cfs_quota_us", "200000\n");
    put("sys/cpu/cpu.cfs_period_us", "100000\n");
    assertEquals(2, cpus("4:cpu:/docker/not-visible-here\n"));
  }

  @Test
  void noiseIsNoQuota() throws IOException {
    put("sys/cpu.max", "garbage");
    assertEquals(NO_QUOTA, cpus("0::/\n"));
    assertEquals(NO_QUOTA, cpus("nonsense"));
    assertEquals(NO_QUOTA, cpus(""));
  }

  private void put(String file, String text) throws IOException {
    var path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private int cpus(String self) throws IOException {
    put("self", self);
    var output =
        CCompiler.run(
            List.of(
                folder.resolve("program").toString(),
                folder.resolve("self").toString(),
                folder.resolve("sys").toString()));
    assertEquals(0, output.code());
    return Integer.parseInt(output.text().strip());
  }
}
