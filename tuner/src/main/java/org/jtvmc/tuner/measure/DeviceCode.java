package org.jtvmc.tuner.measure;

import java.util.Arrays;
import java.util.List;
import org.jtvmc.codegen.cuda.Launch;

/** A candidate for a GPU: what is loaded, and what is launched in one run. */
public final class DeviceCode {

  private final byte[] image;
  private final List<Launch> launches;
  private final long workspaceBytes;

  /**
   * @param image a cubin, or PTX text; taken over
   * @param launches one after the other
   * @param workspaceBytes what they need beside inputs and outputs
   */
  public DeviceCode(byte[] image, List<Launch> launches, long workspaceBytes) {
    this.image = image;
    this.launches = List.copyOf(launches);
    this.workspaceBytes = workspaceBytes;
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

  @Override
  public boolean equals(Object other) {
    return other instanceof DeviceCode code
        && Arrays.equals(image, code.image)
        && launches.equals(code.launches)
        && workspaceBytes == code.workspaceBytes;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(image);
  }
}
