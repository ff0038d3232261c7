package org.jtvmc.codegen.cuda;

/** Machine code of GPUs of one architecture; empty where it was not made. */
public final class Cubin {

  /** None. */
  public static final Cubin NONE = new Cubin(new byte[0]);

  private final byte[] code;

  /** Takes {@code code}, an ELF file, over. */
  public Cubin(byte[] code) {
    this.code = code;
  }

  public boolean isEmpty() {
    return code.length == 0;
  }

  /** The file; not to be changed. */
  public byte[] code() {
    return code;
  }
}
