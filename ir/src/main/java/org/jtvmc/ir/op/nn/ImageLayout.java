package org.jtvmc.ir.op.nn;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.type.TypeException;

/**
 * The order of the dimensions of images. The batch is first; the channels lie before or behind the
 * spatial dimensions. Channels last suits processors whose vectors take channels: neighbouring
 * lanes are neighbours in memory, however small an image is.
 */
public enum ImageLayout {
  /** {@code NCW}, {@code NCHW}, {@code NCDHW}. */
  CHANNELS_FIRST,
  /** {@code NWC}, {@code NHWC}, {@code NDHWC}. */
  CHANNELS_LAST;

  private static final String SPATIAL_LETTERS = "DHW";

  /**
   * The layout written as {@code text}; empty means channels first.
   *
   * @param attribute named in the error
   * @throws TypeException where it is none for that many spatial dimensions
   */
  static ImageLayout of(String attribute, String text, int spatialRank) {
    for (ImageLayout layout : values()) {
      if (text.equals(layout.text(spatialRank))) {
        return layout;
      }
    }
    if (text.isEmpty()) {
      return CHANNELS_FIRST;
    }
    throw new TypeException(
        "%s is '%s', but must be '%s' or '%s'"
            .formatted(
                attribute,
                text,
                CHANNELS_FIRST.text(spatialRank),
                CHANNELS_LAST.text(spatialRank)));
  }

  /** As an attribute: {@code NHWC}. */
  public String text(int spatialRank) {
    int known = Math.min(spatialRank, SPATIAL_LETTERS.length());
    String spatial = SPATIAL_LETTERS.substring(SPATIAL_LETTERS.length() - known);
    return this == CHANNELS_FIRST ? "NC" + spatial : "N" + spatial + "C";
  }

  /** Where the channels are among {@code rank} dimensions. */
  int channel(int rank) {
    return this == CHANNELS_FIRST ? 1 : rank - 1;
  }

  /** Where the first spatial dimension is. */
  int firstSpatial() {
    return this == CHANNELS_FIRST ? 2 : 1;
  }

  /** The spatial ones of something given for each dimension. */
  <T> List<T> spatial(List<T> dimensions) {
    return dimensions.subList(firstSpatial(), firstSpatial() + dimensions.size() - 2);
  }

  /** In the order of this layout. */
  <T> List<T> arrange(T batch, T channel, List<? extends T> spatial) {
    List<T> all = new ArrayList<>(spatial.size() + 2);
    all.add(batch);
    all.addAll(spatial);
    all.add(this == CHANNELS_FIRST ? 1 : spatial.size() + 1, channel);
    return all;
  }
}
