/** What a user names as a model, and the graph it stands for. */
package org.jtvmc.compiler.source;
