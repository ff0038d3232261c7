package org.jtvmc.compiler.target;

import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;

/**
 * Reads TVM's target strings: {@code llvm} is this machine, {@code llvm -mcpu=znver5 -num-cores=2
 * -mattr=+avx512f,-avx512bf16} another one. What is not named is as on this machine. {@code cuda}
 * is this machine's GPU, {@code cuda -arch=sm_80} a usual one of that architecture, of which
 * further options change figures; {@code sm_90a} is code for that architecture alone.
 */
public final class TargetParser {

  private static final List<String> OPTIONS = List.of("-mcpu", "-mattr", "-mtriple", "-num-cores");
  private static final List<String> CUDA_OPTIONS =
      List.of(
          "-arch",
          "-num-sms",
          "-shared-per-block",
          "-shared-per-sm",
          "-l2-bytes",
          "-bandwidth",
          "-clock",
          "-tma");
  private static final int MOST_CORES = 1024;

  private final CpuTarget host;
  private final CpuModels models;
  private final DeviceQuery devices;

  /**
   * @param host this machine
   * @param devices its GPUs
   */
  public TargetParser(CpuTarget host, CpuModels models, DeviceQuery devices) {
    this.host = host;
    this.models = models;
    this.devices = devices;
  }

  /**
   * The target that {@code text} names.
   *
   * @throws TargetSyntaxException where it is no target string
   * @throws TargetException where there is no such target here
   */
  public Target parse(String text) {
    String[] words = text.strip().split("\\s+");
    return switch (words[0]) {
      case "llvm", "cpu" -> cpu(options(words, OPTIONS));
      case "cuda", "nvptx" -> gpu(options(words, CUDA_OPTIONS));
      default ->
          throw new TargetSyntaxException(
              "'%s' is no target; known are llvm (this machine), llvm -mcpu=NAME, cuda (this machine's GPU) and cuda -arch=sm_NN"
                  .formatted(words[0]));
    };
  }

  private static Map<String, String> options(String[] words, List<String> known) {
    Map<String, String> options = new TreeMap<>();
    for (int i = 1; i < words.length; i++) {
      int equals = words[i].indexOf('=');
      String name = equals < 0 ? words[i] : words[i].substring(0, equals);
      if (!known.contains(name)) {
        throw new TargetSyntaxException(
            "the target has the unknown option '%s'; known are %s"
                .formatted(name, String.join(", ", known)));
      }
      if (equals < 0 || equals == words[i].length() - 1) {
        throw new TargetSyntaxException(
            "the target's option %s has no value; write %s=VALUE".formatted(name, name));
      }
      options.put(name, words[i].substring(equals + 1));
    }
    return options;
  }

  private CudaTarget gpu(Map<String, String> options) {
    CudaTarget base = options.containsKey("-arch") ? ofArch(options.get("-arch")) : device();
    CudaTarget target =
        new CudaTarget(
            base.arch(),
            base.specific(),
            (int) figure(options, "-num-sms", base.multiprocessors()),
            figure(options, "-shared-per-block", base.sharedBytesPerBlock()),
            figure(options, "-shared-per-sm", base.sharedBytesPerMultiprocessor()),
            figure(options, "-l2-bytes", base.l2Bytes()),
            figure(options, "-bandwidth", base.bandwidthBytes()),
            figure(options, "-clock", base.clockHertz()));
    String tma = options.getOrDefault("-tma", base.tiles() ? "1" : "0");
    if (!tma.equals("0") && !(tma.equals("1") && base.specific())) {
      throw new TargetSyntaxException(
          "-tma is '%s'; it is 0, or 1 where -arch is sm_90a".formatted(tma));
    }
    return tma.equals("0") ? target.withoutTiles() : target;
  }

  private CudaTarget device() {
    return devices
        .device()
        .orElseThrow(
            () ->
                new TargetException(
                    "target 'cuda' is not available: this machine has no NVIDIA GPU with a driver;"
                        + " name an architecture to compile for one elsewhere, such as cuda"
                        + " -arch=sm_80"));
  }

  private static CudaTarget ofArch(String text) {
    String names = String.join(", ", CudaTarget.names());
    if (!text.matches("sm_[0-9]{2,3}[a-z]?")) {
      throw new TargetSyntaxException("-arch is '%s'; known are %s".formatted(text, names));
    }
    if (!CudaTarget.names().contains(text)) {
      throw new TargetException(
          "architecture '%s' is not known; known are %s".formatted(text, names));
    }
    boolean specific = text.endsWith("a");
    int arch = Integer.parseInt(text.replaceAll("[^0-9]", ""));
    CudaTarget typical = CudaTarget.typical(arch);
    return specific ? typical.mostSpecific() : typical;
  }

  private static long figure(Map<String, String> options, String name, long usual) {
    String text = options.get(name);
    if (text == null) {
      return usual;
    }
    if (!text.matches("[0-9]{1,15}") || Long.parseLong(text) < 1) {
      throw new TargetSyntaxException("%s is '%s', no positive number".formatted(name, text));
    }
    return Long.parseLong(text);
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
