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

  /** The symbol of the packing function of that index. */
  public static String packing(int index) {
    return "packing" + index;
  }

  /**
   * A packing function of the object file.
   *
   * @param input the input of the computation that it reads
   * @param bytes the size of its result
   * @param workspaceBytes what it needs beside
   */
  public record Packing(int input, long bytes, long workspaceBytes) {}

  private final byte[] object;
  private final long workspaceBytes;
  private final List<Packing> packings;
  private final List<Feed> feeds;
  private final Optional<DeviceCode> device;

  /** Takes {@code object}, an ELF file, over. */
  public KernelCode(byte[] object, long workspaceBytes, List<Packing> packings, List<Feed> feeds) {
    this.object = object;
    this.workspaceBytes = workspaceBytes;
    this.packings = List.copyOf(packings);
    this.feeds = List.copyOf(feeds);
    this.device = Optional.empty();
  }

  /**
   * A candidate for a GPU.
   *
   * @param object an ELF file that defines the packing functions, which the CPU runs; empty where
   *     there are none
   */
  public KernelCode(byte[] object, DeviceCode device, List<Packing> packings, List<Feed> feeds) {
    this.object = object;
    this.workspaceBytes = 0;
    this.packings = List.copyOf(packings);
    this.feeds = List.copyOf(feeds);
    this.device = Optional.of(device);
  }

  /** The kernel, where it is for a GPU; {@link #object} then defines the packing functions only. */
  public Optional<DeviceCode> device() {
    return device;
  }

  /** An ELF file that defines {@link #KERNEL} and the packing functions; not to be changed. */
  public byte[] object() {
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
      digest.update(object);
      digest.update((workspaceBytes + " " + packings + " " + feeds + " " + device).getBytes(UTF_8));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
