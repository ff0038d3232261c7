package org.jtvmc.tuner.measure;

import java.util.Arrays;

/** An ELF file with functions. */
public final class ObjectCode {

  /** One that defines nothing. */
  public static final ObjectCode NONE = new ObjectCode(new byte[0]);

  private final byte[] bytes;

  /** Takes {@code bytes} over. */
  public ObjectCode(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The file; not to be changed. */
  public byte[] bytes() {
    return bytes;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ObjectCode code && Arrays.equals(bytes, code.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }
}
