package io.affinage.service.http;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which hosts a request may name. A page can point a name of its own at our address and then ask us
 * as if we were its own server; but its requests name that host.
 *
 * @param names lower case, beside {@code localhost} and the addresses themselves
 */
record HostRule(Set<String> names) {
  private static final Pattern AUTHORITY =
      Pattern.compile("(?:\\[([0-9a-fA-F:.]+)]|([A-Za-z0-9._-]+))(?::([0-9]{1,5}))?");

  static HostRule of(Collection<String> names) {
    return new HostRule(
        names.stream()
            .map(name -> name.strip().toLowerCase(Locale.ROOT))
            .filter(name -> !name.isEmpty())
            .collect(Collectors.toUnmodifiableSet()));
  }

  /**
   * @param authority the Host header: a name or address, maybe with a port; null when absent
   * @param reached the address that the connection came to
   */
  boolean allows(String authority, String reached) {
    return host(authority)
        .filter(
            host -> host.equals("localhost") || names.contains(host) || isAddress(host, reached))
        .isPresent();
  }

  private static Optional<String> host(String authority) {
    if (authority == null) {
      return Optional.empty();
    }
    Matcher matcher = AUTHORITY.matcher(authority);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String host = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
    return Optional.of(host.toLowerCase(Locale.ROOT));
  }

  /**
   * A literal of the loopback address, or of the one that was reached; never asks a name server.
   */
  private static boolean isAddress(String host, String reached) {
    byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
    if (address == null) {
      return false;
    }
    try {
      InetAddress named = InetAddress.getByAddress(address);
      byte[] here = reached == null ? null : NetUtil.createByteArrayFromIpAddressString(reached);
      return named.isLoopbackAddress()
          || (here != null && named.equals(InetAddress.getByAddress(here)));
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
