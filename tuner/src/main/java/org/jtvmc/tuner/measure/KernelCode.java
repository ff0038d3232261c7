package org.jtvmc.tuner.measure;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A candidate as machine code. Two are equal where the code and its use are: then they are equally
 * fast, and one of them need not be measured.
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

  @Override
  public boolean equals(Object other) {
    return other instanceof KernelCode code
        && Arrays.equals(object, code.object)
        && workspaceBytes == code.workspaceBytes
        && packings.equals(code.packings)
        && feeds.equals(code.feeds)
        && device.equals(code.device);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(object) + device.hashCode();
  }
}
