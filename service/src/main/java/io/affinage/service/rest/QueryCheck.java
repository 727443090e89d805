package io.affinage.service.rest;

import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.UriInfo;
import java.lang.reflect.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Refuses query parameters that a resource does not know, that are given twice, or that are no
 * number or flag where one is expected; the framework would ignore the first two and find no such
 * page for the third. A parameter of objects is written {@code name[key]=value}.
 */
final class QueryCheck {

  @ServerRequestFilter
  void check(ResourceInfo resource, UriInfo uri) {
    Map<String, Class<?>> known = known(resource);
    for (Map.Entry<String, List<String>> given : uri.getQueryParameters().entrySet()) {
      String name = given.getKey();
      int bracket = name.indexOf('[');
      boolean entry = bracket > 0 && name.endsWith("]");
      Class<?> type = known.get(entry ? name.substring(0, bracket) : name);
      if (type == null || (entry && type != String.class)) {
        throw ApiException.invalid(
            "unknown_parameter",
            "Unrecognized query parameter: %s; known here: %s"
                .formatted(name, known.isEmpty() ? "none" : String.join(", ", known.keySet())),
            name);
      }
      if (given.getValue().size() > 1) {
        throw ApiException.invalid(
            "duplicate_parameter", "the query parameter " + name + " is given twice", name);
      }
      requireType(name, type, given.getValue().get(0));
    }
  }

  private static Map<String, Class<?>> known(ResourceInfo resource) {
    Map<String, Class<?>> known = new LinkedHashMap<>();
    for (Parameter parameter : resource.getResourceMethod().getParameters()) {
      QueryParam query = parameter.getAnnotation(QueryParam.class);
      if (query != null) {
        known.put(query.value(), parameter.getType());
      }
    }
    return known;
  }

  private static void requireType(String name, Class<?> type, String value) {
    try {
      if (type == int.class || type == Integer.class) {
        Integer.parseInt(value);
      } else if (type == long.class || type == Long.class) {
        Long.parseLong(value);
      } else if (type == boolean.class || type == Boolean.class) {
        requireFlag(name, value);
      }
    } catch (NumberFormatException e) {
      throw ApiException.invalid(
          "invalid_value", "%s must be a whole number, not '%s'".formatted(name, value), name);
    }
  }

  private static void requireFlag(String name, String value) {
    if (!List.of("true", "false").contains(value)) {
      throw ApiException.invalid(
          "invalid_value", "%s must be true or false, not '%s'".formatted(name, value), name);
    }
  }
}
