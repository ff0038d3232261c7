/** What one run of a model does, in which order, and where every tensor lies meanwhile. */
package org.jtvmc.compiler.plan;
