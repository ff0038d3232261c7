package org.jtvmc.codegen.library;

import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jtvmc.codegen.llvm.MachineCode;

/**
 * The features of a processor that a library's kernels need, so that it refuses to run only where
 * it would use what is missing. Features of no arithmetic (system instructions, random numbers,
 * cryptography), which a virtual machine may hide, are never needed. Those whose instructions have
 * names of their own are needed where one of them stands in the machine code. The rest (AVX-512's
 * main sets share their mnemonics) is needed as it was allowed.
 */
final class InstructionSets {

  private static final Pattern ARITHMETIC =
      Pattern.compile(
          "s?sse.*|avx.*|evex512|fma4?|f16c|bmi2?|lzcnt|popcnt|movbe|gfni|tbm|xop|amx-.*");

  /**
   * The instructions of a feature, by their names in LLVM's assembler; where two features have the
   * same in other encodings, both are taken for needed (Intel SDM volume 2; Intel Architecture
   * Instruction Set Extensions Programming Reference).
   */
  private static final Map<String, Pattern> OWN_INSTRUCTIONS =
      Stream.of(
              "amx-tile: tile.*|[ls][dt]tilecfg",
              "amx-int8: tdpb[su][su]d",
              "amx-bf16: tdpbf16ps",
              "amx-fp16: tdpfp16ps",
              "amx-complex: tcmm.*",
              "avx512bf16: vdpbf16ps|vcvtne2?ps2bf16[xy]?",
              "avx512fp16: vmovw|(?!vcvtps2ph$)v.+[ps]h[xyz]?|(?!vcvtph2ps$)vcvtt?[ps]h2.+",
              "avx512vnni: vpdp(bu|ws)sds?",
              "avxvnni: vpdp(bu|ws)sds?",
              "avxvnniint8: vpdpb(ss|su|uu)ds?",
              "avxvnniint16: vpdpw(us|su|uu)ds?",
              "avxneconvert: vbcstne.+|vcvtne[eo](bf16|ph)2ps|vcvtneps2bf16[xy]?",
              "avx512ifma: vpmadd52.+",
              "avxifma: vpmadd52.+",
              "avx512vbmi: vperm(b|i2b|t2b)|vpmultishiftqb",
              "avx512vbmi2: vp(compress|expand)[bw]|vpsh[lr]dv?[wdq]",
              "avx512bitalg: vpopcnt[bw]|vpshufbitqmb",
              "avx512vpopcntdq: vpopcnt[dq]",
              "avx512vp2intersect: vp2intersect.",
              "gfni: v?gf2p8.+",
              "movbe: movbe.?",
              "sse4a: extrq|insertq|movnts[sd]")
          .map(line -> line.split(": "))
          .collect(Collectors.toMap(pair -> pair[0], pair -> Pattern.compile(pair[1])));

  private InstructionSets() {}

  /**
   * @param features what the kernels were compiled for
   * @param mnemonics those of their machine code (see {@link MachineCode#mnemonics})
   */
  static SortedSet<String> needed(SortedSet<String> features, Set<String> mnemonics) {
    var needed = new TreeSet<>(features);
    needed.removeIf(feature -> !ARITHMETIC.matcher(feature).matches() || !used(feature, mnemonics));
    return needed;
  }

  private static boolean used(String feature, Set<String> mnemonics) {
    var own = OWN_INSTRUCTIONS.get(feature);
    return own == null
        || mnemonics.contains(MachineCode.UNKNOWN)
        || mnemonics.stream().anyMatch(mnemonic -> own.matcher(mnemonic).matches());
  }
}
