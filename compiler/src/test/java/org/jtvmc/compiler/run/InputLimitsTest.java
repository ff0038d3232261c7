package org.jtvmc.compiler.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.text.ModuleText;
import org.junit.jupiter.api.Test;

class InputLimitsTest {

  @Test
  void anIndexIsBelowTheSmallestTableAndOtherIntegersMayBeMasks() {
    var module =
        ModuleText.parse(
            """
            def @main(
              %ids: Tensor[(2, 3), int32],
              %mask: Tensor[(2, 3), int64],
              %large: Tensor[(50, 4), float32],
              %small: Tensor[(4, 9), float32]
            ) -> (Tensor[(2, 3, 4), float32], Tensor[(4, 6), float32], Tensor[(2, 3), int64]) {
              %0 = cast(%ids, dtype=int64);
              %1 = take(%large, %0, axis=0);
              %2 = reshape(%0, newshape=[6]);
              %3 = take(%small, %2, axis=1);
              (%1, %3, %mask)
            }
            """,
            OperatorRegistry.standard()::find);

    assertEquals(Map.of("ids", 9L, "mask", 2L), InputLimits.of(module.main()));
  }
}
