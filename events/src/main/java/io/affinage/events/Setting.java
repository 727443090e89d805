package io.affinage.events;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * What is known of a setting beside its name and type. Recipes, requests, the trainer's defaults,
 * the table of settings and the schema of recipes are made of it.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {
  /** What it means, one line, in the table of settings. */
  String value();

  /** Its value where none is given, as JSON; empty where there is none or others decide it. */
  String otherwise() default "";

  /** Least number, inclusive. */
  double from() default Double.NEGATIVE_INFINITY;

  /** Largest number, inclusive. */
  double to() default Double.POSITIVE_INFINITY;

  /** The words that it may be; none for any text. */
  String[] words() default {};

  /** A typed choice whose types' names are words, too. */
  Class<?> orTypesOf() default Object.class;

  /** Other names that recipes may use, in snake case. */
  String[] also() default {};

  /** For an adapter's: whether one that is trained on may be given another value. */
  boolean changeable() default false;
}
