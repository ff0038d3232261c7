/** Reference interpreters: slow, simple, and what everything else is compared with. */
package org.jtvmc.ir.interpret;
