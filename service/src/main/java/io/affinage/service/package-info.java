/** What every service has around its domain. */
package io.affinage.service;
