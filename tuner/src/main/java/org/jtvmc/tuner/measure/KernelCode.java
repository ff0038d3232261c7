package org.jtvmc.tuner.measure;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * A candidate as machine code. Two with the same {@link #digest} are equally fast, and one of them
 * need not be measured.
 */
public final class KernelCode {

  /** The symbol of the kernel in the object file. */
  public static final String KERNEL = "candidate";

  /** The symbol of a packing function in its object file. */
  public static final String PACKING = "packing";

  /**
   * A packing function.
   *
   * @param input the input of the computation that it reads
   * @param bytes the size of its result
   * @param workspaceBytes what it needs beside
   * @param object defines {@link #PACKING}
   */
  public record Packing(int input, long bytes, long workspaceBytes, ObjectCode object) {}

  private final ObjectCode object;
  private final long workspaceBytes;
  private final List<Packing> packings;
  private final List<Feed> feeds;
  private final Optional<DeviceCode> device;

  /**
   * A candidate for a CPU.
   *
   * @param object defines {@link #KERNEL}
   */
  public KernelCode(
      ObjectCode object, long workspaceBytes, List<Packing> packings, List<Feed> feeds) {
    this.object = object;
    this.workspaceBytes = workspaceBytes;
    this.packings = List.copyOf(packings);
    this.feeds = List.copyOf(feeds);
    this.device = Optional.empty();
  }

  /** A candidate for a GPU, whose packing functions the CPU runs. */
  public KernelCode(DeviceCode device, List<Packing> packings, List<Feed> feeds) {
    this.object = ObjectCode.NONE;
    this.workspaceBytes = 0;
    this.packings = List.copyOf(packings);
    this.feeds = List.copyOf(feeds);
    this.device = Optional.of(device);
  }

  /** The kernel, where it is for a GPU; {@link #object} then defines nothing. */
  public Optional<DeviceCode> device() {
    return device;
  }

  /** Defines {@link #KERNEL}. */
  public ObjectCode object() {
    return object;
  }

  /** Scratch memory of one run, whose address follows those of the outputs; 0 for none. */
  public long workspaceBytes() {
    return workspaceBytes;
  }

  public List<Packing> packings() {
    return packings;
  }

  /** One for each input of the kernel. */
  public List<Feed> feeds() {
    return feeds;
  }

  /** Equal for code and use that are equal; a session keeps one for each trial. */
  public String digest() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(object.bytes());
      for (Packing packing : packings) {
        digest.update(packing.object.bytes());
        digest.update(
            (packing.input + " " + packing.bytes + " " + packing.workspaceBytes).getBytes(UTF_8));
      }
      digest.update((workspaceBytes + " " + feeds + " " + device).getBytes(UTF_8));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
