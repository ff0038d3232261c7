/** What this machine can do at best, measured: multiply-adds and bytes a second. */
package org.jtvmc.codegen.peak;
