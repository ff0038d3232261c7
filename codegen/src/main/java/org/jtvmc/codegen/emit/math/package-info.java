/**
 * Mathematical functions as inline vector code, each with a stated error. The polynomials are
 * minimax fits (Remez, relative error); ranges are reduced as Cody and Waite do.
 */
package org.jtvmc.codegen.emit.math;
