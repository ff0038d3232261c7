package org.jtvmc.compiler.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.compiler.dataset.UntunedQuality.Favourite;
import org.junit.jupiter.api.Test;

class UntunedQualityTest {

  /** Ten are right from 0.2 on; below there is as much to lose as to gain. */
  @Test
  void theMarginIsTheLeastThatLosesATenthAtMost() {
    List<Favourite> favourites = new ArrayList<>();
    for (int k = 0; k < 10; k++) {
      favourites.add(new Favourite(0.205 + k / 100.0, 0.5));
      favourites.add(new Favourite(0.1, 2));
    }
    UntunedQuality quality = UntunedQuality.calibrate(favourites);
    assertEquals(new UntunedQuality(20, 0.1, 10, Math.sqrt(2), 0, 0.5), rounded(quality));
  }

  @Test
  void aModelThatIsWrongIsNeverAsked() {
    UntunedQuality quality =
        UntunedQuality.calibrate(List.of(new Favourite(0.3, 1.5), new Favourite(0.49, 1.5)));
    assertEquals(0, quality.taken());
    assertEquals(1, quality.speedup());
  }

  private static UntunedQuality rounded(UntunedQuality q) {
    double margin = Math.round(q.margin() * 100) / 100.0;
    double speedup = Math.abs(q.speedup() - Math.sqrt(2)) < 1e-9 ? Math.sqrt(2) : q.speedup();
    return new UntunedQuality(q.kernels(), margin, q.taken(), speedup, q.slower(), q.worst());
  }
}
