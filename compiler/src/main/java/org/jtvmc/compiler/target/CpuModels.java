package org.jtvmc.compiler.target;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The features of the x86-64 processors that users name, of those that matter to kernels, by LLVM's
 * names for both.
 *
 * @see <a href="https://gitlab.com/x86-psABIs/x86-64-ABI">x86-64 psABI</a>, micro-architecture
 *     levels; LLVM, {@code X86.td}
 */
public final class CpuModels {

  private final Map<String, SortedSet<String>> features = new LinkedHashMap<>();

  private CpuModels() {}

  /** The table. */
  public static CpuModels standard() {
    CpuModels table = new CpuModels();
    table.add("x86-64", "", "64bit cmov cx8 fxsr mmx sse sse2 x87");
    table.add("x86-64-v2", "x86-64", "crc32 cx16 popcnt sahf sse3 sse4.1 sse4.2 ssse3");
    table.add("x86-64-v3", "x86-64-v2", "avx avx2 bmi bmi2 f16c fma lzcnt movbe xsave");
    table.add("x86-64-v4", "x86-64-v3", "avx512bw avx512cd avx512dq avx512f avx512vl evex512");
    table.addIntel();
    table.addAmd();
    return table;
  }

  private void addIntel() {
    add("nehalem", "x86-64-v2", "");
    add("sandybridge", "nehalem", "avx pclmul xsave xsaveopt");
    add("haswell", "x86-64-v3", "aes fsgsbase invpcid pclmul rdrnd xsaveopt");
    add("broadwell", "haswell", "adx prfchw rdseed");
    add("skylake", "broadwell", "clflushopt xsavec xsaves");
    add(
        "skylake-avx512",
        "skylake",
        "avx512bw avx512cd avx512dq avx512f avx512vl clwb evex512 pku");
    add("cascadelake", "skylake-avx512", "avx512vnni");
    add("cooperlake", "cascadelake", "avx512bf16");
    add(
        "icelake-client",
        "cascadelake",
        "avx512bitalg avx512ifma avx512vbmi avx512vbmi2 avx512vpopcntdq gfni rdpid sha vaes"
            + " vpclmulqdq");
    add("icelake-server", "icelake-client", "wbnoinvd");
    add("tigerlake", "icelake-client", "avx512vp2intersect movdir64b movdiri");
    add(
        "sapphirerapids",
        "icelake-server",
        "amx-bf16 amx-int8 amx-tile avx512bf16 avx512fp16 avxvnni movdir64b movdiri waitpkg");
    add("emeraldrapids", "sapphirerapids", "");
    add("graniterapids", "sapphirerapids", "amx-fp16 prefetchi");
    add("alderlake", "skylake", "avxvnni gfni movdir64b movdiri rdpid sha vaes vpclmulqdq waitpkg");
    add("raptorlake", "alderlake", "");
  }

  private void addAmd() {
    add(
        "znver1",
        "x86-64-v3",
        "adx aes clflushopt clzero fsgsbase pclmul prfchw rdrnd rdseed sha sse4a");
    add("znver2", "znver1", "clwb rdpid rdpru wbnoinvd");
    add("znver3", "znver2", "invpcid pku vaes vpclmulqdq");
    add(
        "znver4",
        "znver3",
        "avx512bf16 avx512bitalg avx512bw avx512cd avx512dq avx512f avx512ifma avx512vbmi"
            + " avx512vbmi2 avx512vl avx512vnni avx512vpopcntdq evex512 gfni");
    add("znver5", "znver4", "avx512vp2intersect avxvnni movdir64b movdiri prefetchi");
  }

  private void add(String name, String base, String more) {
    SortedSet<String> all = new TreeSet<>(base.isEmpty() ? Set.of() : features.get(base));
    for (String feature : more.split(" ")) {
      if (!feature.isEmpty()) {
        all.add(feature);
      }
    }
    features.put(name, Collections.unmodifiableSortedSet(all));
  }

  /** The names, those of one maker together, older ones first. */
  public Set<String> names() {
    return Collections.unmodifiableSet(features.keySet());
  }

  /** The features of the processor of that name. */
  public Optional<SortedSet<String>> find(String name) {
    return Optional.ofNullable(features.get(name));
  }
}
