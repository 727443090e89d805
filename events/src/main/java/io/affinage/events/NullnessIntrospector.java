package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.AnnotatedParameter;
import com.fasterxml.jackson.databind.introspect.NopAnnotationIntrospector;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tells Jackson that a component of a record of this package, or of one below, is required unless
 * it is {@code @Nullable} or has a default, and that its lists and maps hold no null.
 */
public final class NullnessIntrospector extends NopAnnotationIntrospector {
  @Override
  public @Nullable Boolean hasRequiredMarker(AnnotatedMember member) {
    return component(member).map(component -> isRequired(component)).orElse(null);
  }

  @Override
  public JsonSetter.Value findSetterInfo(Annotated annotated) {
    if (!(annotated instanceof AnnotatedMember member)) {
      return JsonSetter.Value.empty();
    }
    return component(member)
        .map(
            component ->
                JsonSetter.Value.construct(
                    isRequired(component) ? Nulls.FAIL : null,
                    isOfFreeJson(member) ? null : Nulls.FAIL))
        .orElse(JsonSetter.Value.empty());
  }

  private static boolean isOfFreeJson(AnnotatedMember member) {
    JavaType content = member.getType().getContentType();
    return content == null || content.isTypeOrSubTypeOf(JsonNode.class);
  }

  /** Whether an event without the component is refused; of other packages' records none is. */
  public static boolean isRequired(RecordComponent component) {
    return isOfEvents(component.getDeclaringRecord())
        && !component.getAnnotatedType().isAnnotationPresent(Nullable.class)
        && defaultValue(component).isEmpty();
  }

  /** The default that the record takes for an absent component, as text. */
  private static Optional<String> defaultValue(RecordComponent component) {
    return Optional.ofNullable(component.getAccessor().getAnnotation(JsonProperty.class))
        .map(JsonProperty::defaultValue);
  }

  private static Optional<RecordComponent> component(AnnotatedMember member) {
    Class<?> owner = member.getDeclaringClass();
    if (!owner.isRecord() || !isOfEvents(owner)) {
      return Optional.empty();
    }
    RecordComponent[] components = owner.getRecordComponents();
    if (member instanceof AnnotatedParameter parameter) {
      return parameter.getOwner().getParameterCount() == components.length
          ? Optional.of(components[parameter.getIndex()])
          : Optional.empty();
    }
    return Arrays.stream(components)
        .filter(component -> component.getName().equals(member.getName()))
        .findFirst();
  }

  private static boolean isOfEvents(Class<?> owner) {
    return owner.getPackageName().startsWith(EventData.class.getPackageName());
  }
}
