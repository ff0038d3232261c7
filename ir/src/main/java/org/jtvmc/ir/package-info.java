/**
 * Types, graph IR, operators, tensor expressions, loop IR and targets: what every other module
 * speaks.
 */
package org.jtvmc.ir;
