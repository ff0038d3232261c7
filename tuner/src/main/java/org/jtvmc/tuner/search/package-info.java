/** Which candidates to measure next: one interface, many strategies, one space. */
package org.jtvmc.tuner.search;
