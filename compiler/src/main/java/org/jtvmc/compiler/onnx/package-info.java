/**
 * ONNX: reading and writing its files, and the frontend that turns a model into graph IR.
 *
 * <p>A file is mapped, not loaded: {@link org.jtvmc.compiler.onnx.OnnxModel} holds the parsed
 * message, whose weights stay slices of the mapping. Files are hostile until checked; every fault
 * is a {@link org.jtvmc.compiler.onnx.ModelException}.
 */
package org.jtvmc.compiler.onnx;
