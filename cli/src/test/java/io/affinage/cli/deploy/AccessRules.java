package io.affinage.cli.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Kafka's users and their rights, as the chart hands them to Strimzi.
 *
 * @param services the users of our services
 * @param clients the users of those who hand in work
 */
public record AccessRules(List<User> services, List<User> clients) {

  /** A user and all that it may do. */
  public record User(String name, List<Acl> acls) {

    /** Topics on which the user may do this; every rule for topics names one. */
    public Set<String> topics(String operation) {
      Set<String> names = new TreeSet<>();
      acls.stream()
          .filter(acl -> acl.type().equals("topic") && acl.operations().contains(operation))
          .forEach(acl -> names.add(acl.name()));
      return names;
    }
  }

  /**
   * @param type Strimzi's: {@code topic}, {@code group} or {@code transactionalId}
   * @param pattern {@code literal} or {@code prefix}
   * @param operations Strimzi's: {@code Read}, {@code DescribeConfigs}, ...
   */
  public record Acl(String type, String name, String pattern, List<String> operations) {}

  /** Reads {@code access.yaml} of the chart's folder of files. */
  public static AccessRules read(Path files) throws IOException {
    JsonNode root = new YAMLMapper().readTree(files.resolve("access.yaml").toFile());
    return new AccessRules(users(root.required("services")), users(root.required("clients")));
  }

  private static List<User> users(JsonNode list) {
    List<User> users = new ArrayList<>();
    for (JsonNode user : list) {
      List<Acl> acls = new ArrayList<>();
      for (JsonNode acl : user.required("acls")) {
        JsonNode resource = acl.required("resource");
        List<String> operations = new ArrayList<>();
        acl.required("operations").forEach(operation -> operations.add(operation.textValue()));
        acls.add(
            new Acl(
                resource.required("type").textValue(),
                resource.required("name").textValue(),
                resource.required("patternType").textValue(),
                operations));
      }
      users.add(new User(user.required("name").textValue(), acls));
    }
    return users;
  }

  /** The user of this name. */
  public User user(String name) {
    return all().stream().filter(user -> user.name().equals(name)).findFirst().orElseThrow();
  }

  /** Services and clients. */
  public List<User> all() {
    return Stream.concat(services.stream(), clients.stream()).toList();
  }
}
