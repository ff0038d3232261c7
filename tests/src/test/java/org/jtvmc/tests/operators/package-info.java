/** Every operator against ONNX Runtime, with random attributes, shapes and element types. */
package org.jtvmc.tests.operators;
