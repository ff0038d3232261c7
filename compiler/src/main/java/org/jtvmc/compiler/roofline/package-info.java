/**
 * How far each kernel of a model is from what the machine allows (Williams, Waterman and Patterson,
 * "Roofline: an insightful visual performance model", 2009).
 */
package org.jtvmc.compiler.roofline;
