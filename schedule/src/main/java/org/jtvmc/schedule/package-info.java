/**
 * Schedules as data, their application to tensor expressions, and the design spaces searched over.
 */
package org.jtvmc.schedule;
