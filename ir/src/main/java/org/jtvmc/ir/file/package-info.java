/** Files of the machine: what goes wrong with them, in words, and folders that do not stay. */
package org.jtvmc.ir.file;
