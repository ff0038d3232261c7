/** The pass framework, for every IR: named transformations, and the manager that runs them. */
package org.jtvmc.ir.pass;
