package org.jtvmc.codegen.llvm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.target.CpuTarget.Caches;

/** The sizes of the data caches, as Linux describes them under {@code /sys}. */
final class CacheSizes {

  private static final Path FIRST_CPU = Path.of("/sys/devices/system/cpu/cpu0/cache");

  private CacheSizes() {}

  /** This machine's; typical ones where the system does not tell. */
  static Caches detect() {
    return read(FIRST_CPU);
  }

  static Caches read(Path folder) {
    var caches = new ArrayList<Cache>();
    try (var entries = Files.newDirectoryStream(folder, "index*")) {
      for (var entry : entries) {
        caches.add(Cache.read(entry));
      }
    } catch (IOException | NumberFormatException e) {
      return Caches.TYPICAL;
    }
    var l1 = size(caches, 1);
    return l1 == 0 ? Caches.TYPICAL : new Caches(l1, size(caches, 2), size(caches, 3));
  }

  private static long size(List<Cache> caches, int level) {
    return caches.stream()
        .filter(cache -> cache.level == level && !cache.type.equals("Instruction"))
        .mapToLong(Cache::bytes)
        .max()
        .orElse(0);
  }

  private record Cache(int level, String type, long bytes) {

    static Cache read(Path entry) throws IOException {
      return new Cache(
          Integer.parseInt(line(entry, "level")), line(entry, "type"), bytes(line(entry, "size")));
    }

    private static String line(Path entry, String file) throws IOException {
      return Files.readString(entry.resolve(file)).strip();
    }

    /** A size such as {@code 48K}. */
    private static long bytes(String size) {
      var number = Long.parseLong(size.replaceAll("[KMG]$", ""));
      return switch (size.charAt(size.length() - 1)) {
        case 'K' -> number << 10;
        case 'M' -> number << 20;
        case 'G' -> number << 30;
        default -> number;
      };
    }
  }
}
