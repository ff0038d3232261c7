package org.jtvmc.codegen.llvm;

import static org.bytedeco.llvm.global.LLVM.LLVMGetDefaultTargetTriple;
import static org.bytedeco.llvm.global.LLVM.LLVMGetHostCPUFeatures;
import static org.bytedeco.llvm.global.LLVM.LLVMGetHostCPUName;

import java.util.Arrays;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jtvmc.ir.target.CpuTarget;

/**
 * The processor this program runs on, as LLVM sees it.
 *
 * @param triple LLVM's default target triple
 * @param name LLVM's name of the processor
 * @param features LLVM's names of the features that are present, without signs; AMX only where the
 *     system lets this process use it
 */
public record HostCpu(String triple, String name, SortedSet<String> features) {

  public static HostCpu detect() {
    var features =
        Arrays.stream(LlvmStrings.take(LLVMGetHostCPUFeatures()).split(","))
            .filter(feature -> feature.startsWith("+"))
            .map(feature -> feature.substring(1))
            .collect(Collectors.toCollection(TreeSet::new));
    if (features.contains(TileState.FEATURE) && !TileState.isGranted()) {
      features.removeIf(feature -> feature.startsWith(TileState.FEATURES));
    }
    return new HostCpu(
        LlvmStrings.take(LLVMGetDefaultTargetTriple()),
        LlvmStrings.take(LLVMGetHostCPUName()),
        features);
  }

  /** This machine as a target, with the processors that this process may use as its cores. */
  public CpuTarget target() {
    return new CpuTarget(
        triple, name, features, Runtime.getRuntime().availableProcessors(), CacheSizes.detect());
  }
}
