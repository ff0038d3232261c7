package org.jtvmc.codegen.emit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.type.DType;

/**
 * {@code accumulator + (wide(a[i]) * wide(b[j]) + wide(a[i + 1]) * wide(b[j + 1]) + ...)}: a sum of
 * as many products of narrow numbers as fit 32 bits, which some processors compute in each lane
 * with one instruction.
 *
 * @param left the factors of one operand, neighbours in memory; unsigned where the two differ
 * @param right those of the other
 */
record DotProduct(PrimExpr accumulator, List<Load> left, List<Load> right) {

  private record Product(Load left, Load right) {}

  DotProduct {
    left = List.copyOf(left);
    right = List.copyOf(right);
  }

  /** The dot product that {@code sum} has the form of, if any. */
  static Optional<DotProduct> match(Binary sum) {
    if (sum.op() != BinaryOp.ADD) {
      return Optional.empty();
    }
    List<Product> products = new ArrayList<>();
    if (!collect(sum.right(), products)) {
      return Optional.empty();
    }
    List<Load> left = products.stream().map(Product::left).toList();
    List<Load> right = products.stream().map(Product::right).toList();
    boolean fits =
        sharesBuffer(left)
            && sharesBuffer(right)
            && products.size() * left.getFirst().dtype().bits() == 32
            && sum.dtype().bits() == 32;
    return fits ? Optional.of(new DotProduct(sum.left(), left, right)) : Optional.empty();
  }

  private static boolean sharesBuffer(List<Load> loads) {
    return loads.stream().allMatch(load -> load.buffer() == loads.getFirst().buffer());
  }

  private static boolean collect(PrimExpr expr, List<Product> products) {
    if (!(expr instanceof Binary(BinaryOp op, PrimExpr left, PrimExpr right))) {
      return false;
    }
    if (op == BinaryOp.ADD) {
      return collect(left, products) && collect(right, products);
    }
    Optional<Product> product = op == BinaryOp.MULTIPLY ? product(left, right) : Optional.empty();
    product.ifPresent(products::add);
    return product.isPresent();
  }

  private static Optional<Product> product(PrimExpr left, PrimExpr right) {
    if (!(left instanceof Cast(DType wide, Load a)
        && right instanceof Cast(DType same, Load b)
        && wide.equals(same))) {
      return Optional.empty();
    }
    boolean bfloats =
        wide.equals(DType.F32) && a.dtype().equals(DType.BF16) && b.dtype().equals(DType.BF16);
    if (!bfloats && !areBytes(wide, a, b)) {
      return Optional.empty();
    }
    boolean swapped = a.dtype().equals(DType.I8) && b.dtype().equals(DType.U8);
    return Optional.of(swapped ? new Product(b, a) : new Product(a, b));
  }

  private static boolean areBytes(DType wide, Load a, Load b) {
    return wide.equals(DType.I32) && isByte(a.dtype()) && isByte(b.dtype());
  }

  private static boolean isByte(DType dtype) {
    return dtype.equals(DType.U8) || dtype.equals(DType.I8);
  }
}
