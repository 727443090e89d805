package io.affinage.service;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.UUID;

/** How a process is named in the logs of long jobs. */
public final class WorkerName {
  private WorkerName() {}

  /**
   * Host, process id and a random part: a restarted process is another worker.
   *
   * @param role stands in for a host without a name
   */
  public static String ofThisProcess(String role) {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = role;
    }
    String random = UUID.randomUUID().toString().substring(0, 8);
    return host + "-" + ProcessHandle.current().pid() + "-" + random;
  }
}
