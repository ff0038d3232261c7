/** What machine the code is made for. */
package org.jtvmc.ir.target;
