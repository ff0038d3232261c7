package org.jtvmc.compiler.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers for tables: those that are small keep the digits that say something. */
final class Figures {

  private static final MathContext DIGITS = new MathContext(4);

  private Figures() {}

  /** With so many decimals, or, where these would hide it, with four digits that count. */
  static String text(double value, int decimals) {
    boolean shows = value == 0 || Math.abs(value) >= 1000 * Math.pow(10, -decimals);
    return shows || Double.isNaN(value) || Double.isInfinite(value)
        ? String.format(Locale.ROOT, "%." + decimals + "f", value)
        : new BigDecimal(value).round(DIGITS).toPlainString();
  }
}
