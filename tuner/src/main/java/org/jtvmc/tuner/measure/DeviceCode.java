package org.jtvmc.tuner.measure;

import java.util.Arrays;
import java.util.List;
import org.jtvmc.codegen.cuda.Launch;

/** A candidate for a GPU: what is loaded, and what is launched in one run. */
public final class DeviceCode {

  private final byte[] image;
  private final List<Launch> launches;
  private final long workspaceBytes;
  private final long counterBytes;

  /**
   * @param image a cubin, or PTX text; taken over
   * @param launches one after the other
   * @param workspaceBytes what they need beside inputs and outputs
   * @param counterBytes memory that is zero before each run, and after it
   */
  public DeviceCode(byte[] image, List<Launch> launches, long workspaceBytes, long counterBytes) {
    this.image = image;
    this.launches = List.copyOf(launches);
    this.workspaceBytes = workspaceBytes;
    this.counterBytes = counterBytes;
  }

  /** What the driver loads; not to be changed. */
  public byte[] image() {
    return image;
  }

  public List<Launch> launches() {
    return launches;
  }

  public long workspaceBytes() {
    return workspaceBytes;
  }

  public long counterBytes() {
    return counterBytes;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof DeviceCode code
        && Arrays.equals(image, code.image)
        && launches.equals(code.launches)
        && workspaceBytes == code.workspaceBytes
        && counterBytes == code.counterBytes;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(image);
  }
}
