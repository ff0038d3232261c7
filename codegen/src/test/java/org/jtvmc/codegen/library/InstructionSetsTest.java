package org.jtvmc.codegen.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.llvm.LlvmContext;
import org.jtvmc.codegen.llvm.LlvmTarget;
import org.jtvmc.codegen.llvm.LlvmTargetMachine;
import org.jtvmc.codegen.llvm.MachineCode;
import org.jtvmc.codegen.llvm.OptLevel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a library needs of a processor, read from code that LLVM's assembler makes. */
class InstructionSetsTest {
  private static final SortedSet<String> ALL =
      new TreeSet<>(
          List.of(
              ("aes avx avx2 avx512f evex512 fma rdrnd xsave amx-tile amx-int8 amx-bf16 amx-fp16"
                      + " amx-complex avx512bf16 avx512fp16 avx512vnni avxvnni avxvnniint8"
                      + " avxvnniint16 avxneconvert avx512ifma avxifma avx512vbmi avx512vbmi2"
                      + " avx512bitalg avx512vpopcntdq avx512vp2intersect gfni movbe sse4a")
                  .split(" ")));
  private static final Set<String> ALWAYS = Set.of("avx", "avx2", "avx512f", "evex512", "fma");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vfmadd231ps %zmm0, %zmm1, %zmm2  |",
        "vcvtph2ps %ymm0, %zmm1           |",
        "vcvtps2ph $0, %zmm0, %ymm1       |",
        "vpshufd $1, %ymm0, %ymm1         |",
        "tilezero %tmm1                   | amx-tile",
        "ldtilecfg (%rdi)                 | amx-tile",
        "tileloadd (%rdi,%rsi), %tmm2     | amx-tile",
        "tdpbusd %tmm1, %tmm2, %tmm3      | amx-int8",
        "tdpbf16ps %tmm1, %tmm2, %tmm3    | amx-bf16",
        "tdpfp16ps %tmm1, %tmm2, %tmm3    | amx-fp16",
        "tcmmimfp16ps %tmm1, %tmm2, %tmm3 | amx-complex",
        "vdpbf16ps %zmm0, %zmm1, %zmm2    | avx512bf16",
        "vcvtneps2bf16 %zmm0, %ymm1       | avx512bf16 avxneconvert",
        "vaddph %zmm0, %zmm1, %zmm2       | avx512fp16",
        "vfmadd213sh %xmm0, %xmm1, %xmm2  | avx512fp16",
        "vcvtps2phx %zmm0, %ymm1          | avx512fp16",
        "vcvtph2psx %ymm0, %zmm1          | avx512fp16",
        "vmovw %edi, %xmm1                | avx512fp16",
        "vpdpbusd %zmm0, %zmm1, %zmm2     | avx512vnni avxvnni",
        "{vex} vpdpwssd %ymm0, %ymm1, %ymm2 | avx512vnni avxvnni",
        "vpdpbssd %ymm0, %ymm1, %ymm2     | avxvnniint8",
        "vpdpwusd %ymm0, %ymm1, %ymm2     | avxvnniint16",
        "vpmadd52luq %zmm0, %zmm1, %zmm2  | avx512ifma avxifma",
        "vpermb %zmm0, %zmm1, %zmm2       | avx512vbmi",
        "vpshldd $3, %zmm0, %zmm1, %zmm2  | avx512vbmi2",
        "vpopcntb %zmm0, %zmm1            | avx512bitalg",
        "vpopcntq %zmm0, %zmm1            | avx512vpopcntdq",
        "vp2intersectd %zmm0, %zmm1, %k2  | avx512vp2intersect",
        "gf2p8mulb %xmm0, %xmm1           | gfni",
        "movbel (%rdi), %eax              | movbe",
        "movntss %xmm0, (%rdi)            | sse4a",
      })
  void anInstructionNeedsItsFeature(String instruction, String features) {
    var expected = new TreeSet<>(ALWAYS);
    if (features != null) {
      expected.addAll(List.of(features.split(" ")));
    }
    assertEquals(expected, InstructionSets.needed(ALL, MachineCode.mnemonics(code(instruction))));
  }

  @Test
  void onlyWhatWasAllowedIsNeeded() {
    var allowed = new TreeSet<>(List.of("avx512bf16", "aes"));
    assertEquals(
        Set.of("avx512bf16"),
        InstructionSets.needed(allowed, MachineCode.mnemonics(code("vcvtneps2bf16 %zmm0, %ymm1"))));
  }

  @Test
  void bytesThatAreNoInstructionKeepEveryArithmeticFeature() {
    var needed = new TreeSet<>(ALL);
    needed.removeAll(List.of("aes", "rdrnd", "xsave"));
    assertEquals(needed, InstructionSets.needed(ALL, MachineCode.mnemonics(code(".byte 0x06"))));
  }

  @Test
  void whatIsNoObjectFileIsToldSo() {
    var error =
        assertThrows(
            CodegenException.class, () -> MachineCode.mnemonics(List.of(new byte[] {1, 2, 3})));
    assertEquals(
        "an object file cannot be read: The file was not recognized as a valid object file",
        error.getMessage());
  }

  private static List<byte[]> code(String instruction) {
    var target = new LlvmTarget("x86_64-unknown-linux-gnu", "x86-64", "", OptLevel.DEFAULT);
    try (var context = new LlvmContext();
        var machine = new LlvmTargetMachine(target)) {
      var module = context.parseIr("code", "module asm \"" + instruction + "\"\n");
      module.setTarget(machine);
      return List.of(module.emitObject(machine));
    }
  }
}
