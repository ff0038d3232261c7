/** Scalar expressions, shared by tensor expressions and loop IR. */
package org.jtvmc.ir.expr;
