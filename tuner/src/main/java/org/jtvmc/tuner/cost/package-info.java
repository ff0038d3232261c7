/** Models that predict how fast a candidate is from its features. */
package org.jtvmc.tuner.cost;
