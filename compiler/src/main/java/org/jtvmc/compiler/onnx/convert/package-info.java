/**
 * How each ONNX operator becomes graph IR: one class per operator or small family, all of them
 * listed in {@link org.jtvmc.compiler.onnx.convert.Conversions}. A conversion sees its node through
 * {@link org.jtvmc.compiler.onnx.convert.OnnxNode} and gives one expression per output.
 */
package org.jtvmc.compiler.onnx.convert;
