package org.jtvmc.compiler.target;

import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jtvmc.ir.target.CpuTarget;

/**
 * Reads TVM's target strings: {@code llvm} is this machine, {@code llvm -mcpu=znver5 -num-cores=2
 * -mattr=+avx512f,-avx512bf16} another one. What is not named is as on this machine.
 */
public final class TargetParser {

  private static final List<String> OPTIONS = List.of("-mcpu", "-mattr", "-mtriple", "-num-cores");
  private static final int MOST_CORES = 1024;

  private final CpuTarget host;
  private final CpuModels models;

  /**
   * @param host this machine
   */
  public TargetParser(CpuTarget host, CpuModels models) {
    this.host = host;
    this.models = models;
  }

  /**
   * The target that {@code text} names.
   *
   * @throws TargetSyntaxException where it is no target string
   * @throws TargetException where there is no such target here
   */
  public CpuTarget parse(String text) {
    String[] words = text.strip().split("\\s+");
    return switch (words[0]) {
      case "llvm", "cpu" -> cpu(options(words));
      case "cuda", "nvptx" ->
          throw new TargetException(
              "target '%s' is not available: this version compiles for CPUs; use --target llvm"
                  .formatted(text));
      default ->
          throw new TargetSyntaxException(
              "'%s' is no target; known are llvm (this machine) and llvm -mcpu=NAME"
                  .formatted(words[0]));
    };
  }

  private static Map<String, String> options(String[] words) {
    Map<String, String> options = new TreeMap<>();
    for (int i = 1; i < words.length; i++) {
      int equals = words[i].indexOf('=');
      String name = equals < 0 ? words[i] : words[i].substring(0, equals);
      if (!OPTIONS.contains(name)) {
        throw new TargetSyntaxException(
            "the target has the unknown option '%s'; known are %s"
                .formatted(name, String.join(", ", OPTIONS)));
      }
      if (equals < 0 || equals == words[i].length() - 1) {
        throw new TargetSyntaxException(
            "the target's option %s has no value; write %s=VALUE".formatted(name, name));
      }
      options.put(name, words[i].substring(equals + 1));
    }
    return options;
  }

  private CpuTarget cpu(Map<String, String> options) {
    String triple = options.getOrDefault("-mtriple", host.triple());
    if (!triple.startsWith("x86_64") || !triple.contains("linux")) {
      throw new TargetException(
          "target triple '%s' is not available: this version compiles for x86_64 Linux"
              .formatted(triple));
    }
    String cpu = options.getOrDefault("-mcpu", host.cpu());
    boolean isHost = cpu.equals(host.cpu()) || cpu.equals("native");
    SortedSet<String> features =
        isHost
            ? new TreeSet<>(host.features())
            : new TreeSet<>(
                models
                    .find(cpu)
                    .orElseThrow(
                        () ->
                            new TargetException(
                                "processor '%s' is not known; known are %s"
                                    .formatted(cpu, String.join(", ", models.names())))));
    change(features, options.getOrDefault("-mattr", ""));
    return new CpuTarget(
        triple,
        isHost ? host.cpu() : cpu,
        features,
        cores(options.getOrDefault("-num-cores", "")),
        isHost ? host.caches() : CpuTarget.Caches.TYPICAL);
  }

  private static void change(SortedSet<String> features, String changes) {
    for (String change : changes.split(",")) {
      if (change.startsWith("+") && change.length() > 1) {
        features.add(change.substring(1));
      } else if (change.startsWith("-") && change.length() > 1) {
        features.remove(change.substring(1));
      } else if (!change.isEmpty()) {
        throw new TargetSyntaxException(
            "-mattr has '%s'; write +feature or -feature, with commas between".formatted(change));
      }
    }
  }

  private int cores(String text) {
    if (text.isEmpty()) {
      return host.cores();
    }
    try {
      int cores = Integer.parseInt(text);
      if (cores >= 1 && cores <= MOST_CORES) {
        return cores;
      }
    } catch (NumberFormatException e) {
      throw new TargetSyntaxException("-num-cores is '%s', no number".formatted(text), e);
    }
    throw new TargetSyntaxException("-num-cores is %s, not in 1 to %d".formatted(text, MOST_CORES));
  }
}
