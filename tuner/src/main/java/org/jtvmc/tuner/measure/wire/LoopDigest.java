package org.jtvmc.tuner.measure.wire;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.PackedConstant;

/** What tells kernels apart that were lowered from different schedules of one computation. */
public final class LoopDigest {

  private LoopDigest() {}

  /**
   * Equal for kernels whose loops, and whose packings of constants, are the same but for names:
   * they come to the same machine code. Schedules that differ in a decision without effect, such as
   * a limit of unrolling that no loop comes near, have one digest.
   */
  public static String of(LoweredKernel kernel) {
    return digest(
        out -> {
          LoopWriter.writeNameless(kernel.func(), out);
          for (PackedConstant packed : kernel.packed()) {
            out.writeInt(kernel.func().inputs().indexOf(packed.packed()));
            LoopWriter.writeNameless(packed.packing(), out);
          }
        });
  }

  /** Equal for functions whose loops are the same but for names. */
  public static String of(PrimFunc function) {
    return digest(out -> LoopWriter.writeNameless(function, out));
  }

  @FunctionalInterface
  private interface Contents {
    void write(DataOutputStream out) throws IOException;
  }

  private static String digest(Contents contents) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    try (DataOutputStream out = new DataOutputStream(new DigestedBytes(digest))) {
      contents.write(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Gathers bytes for a digest, without the locks of the library's streams. */
  private static final class DigestedBytes extends OutputStream {
    private final MessageDigest digest;
    private final byte[] bytes = new byte[1024];
    private int count;

    DigestedBytes(MessageDigest digest) {
      this.digest = digest;
    }

    @Override
    public void write(int value) {
      if (count == bytes.length) {
        flush();
      }
      bytes[count++] = (byte) value;
    }

    @Override
    public void write(byte[] source, int offset, int length) {
      if (length > bytes.length - count) {
        flush();
      }
      if (length > bytes.length) {
        digest.update(source, offset, length);
      } else {
        System.arraycopy(source, offset, bytes, count, length);
        count += length;
      }
    }

    @Override
    public void flush() {
      digest.update(bytes, 0, count);
      count = 0;
    }
  }
}
