package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.BeanProperty;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.jsontype.NamedType;
import com.fasterxml.jackson.databind.jsontype.TypeDeserializer;
import com.fasterxml.jackson.databind.jsontype.TypeIdResolver;
import com.fasterxml.jackson.databind.jsontype.impl.AsPropertyTypeDeserializer;
import com.fasterxml.jackson.databind.jsontype.impl.StdTypeResolverBuilder;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import java.io.IOException;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Reads rewards that name their type in {@code reward}, as events and settings did before it was
 * {@code type}. Written is {@code type} alone.
 */
final class OlderRewardName extends StdTypeResolverBuilder {
  private static final long serialVersionUID = 1L;
  private static final String OLDER = "reward";

  @Override
  public TypeDeserializer buildTypeDeserializer(
      DeserializationConfig config, JavaType baseType, Collection<NamedType> subtypes) {
    TypeIdResolver names =
        idResolver(
            config, baseType, verifyBaseTypeValidity(config, baseType), subtypes, false, true);
    return new EitherName(baseType, names, _typeProperty);
  }

  private static final class EitherName extends AsPropertyTypeDeserializer {
    private static final long serialVersionUID = 1L;

    EitherName(JavaType baseType, TypeIdResolver names, String property) {
      super(baseType, names, property, false, null, JsonTypeInfo.As.PROPERTY, true);
    }

    EitherName(EitherName other, BeanProperty property) {
      super(other, property);
    }

    @Override
    public TypeDeserializer forProperty(BeanProperty property) {
      return property == _property ? this : new EitherName(this, property);
    }

    /** Called with all fields of an object that has no {@code type}. */
    @Override
    protected Object _deserializeTypedUsingDefaultImpl(
        JsonParser parser,
        DeserializationContext context,
        @Nullable TokenBuffer fields,
        String failure)
        throws IOException {
      if (fields != null) {
        String name = null;
        TokenBuffer others = context.bufferForInputBuffering(parser);
        try (JsonParser each = fields.asParser(parser)) {
          while (each.nextToken() == JsonToken.FIELD_NAME) {
            boolean older = each.currentName().equals(OLDER);
            if (each.nextToken() == JsonToken.VALUE_STRING && older) {
              name = each.getText();
            } else {
              others.writeFieldName(each.currentName());
              others.copyCurrentStructure(each);
            }
          }
        }
        others.writeEndObject();
        if (name != null) {
          JsonDeserializer<Object> type = _findDeserializer(context, name);
          try (JsonParser rest = others.asParser(parser)) {
            rest.nextToken();
            return type.deserialize(rest, context);
          }
        }
      }
      return super._deserializeTypedUsingDefaultImpl(parser, context, fields, failure);
    }
  }
}
