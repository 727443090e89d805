package io.affinage.llm.text.jinja;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Python's {@code strftime} in the C locale. */
final class Strftime {
  private Strftime() {}

  static String format(String format, ZonedDateTime time) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        out.append(c);
        continue;
      }
      char directive = format.charAt(++i);
      boolean unpadded = directive == '-' && i + 1 < format.length();
      if (unpadded) {
        directive = format.charAt(++i);
      }
      String pattern =
          switch (directive) {
            case 'd' -> unpadded ? "d" : "dd";
            case 'm' -> unpadded ? "M" : "MM";
            case 'H' -> unpadded ? "H" : "HH";
            case 'I' -> unpadded ? "h" : "hh";
            case 'M' -> unpadded ? "m" : "mm";
            case 'S' -> unpadded ? "s" : "ss";
            case 'j' -> unpadded ? "D" : "DDD";
            case 'y' -> "yy";
            case 'Y' -> "yyyy";
            case 'b', 'h' -> "MMM";
            case 'B' -> "MMMM";
            case 'a' -> "EEE";
            case 'A' -> "EEEE";
            case 'p' -> "a";
            case 'f' -> "SSSSSS";
            case 'z' -> "xx";
            case 'Z' -> "zzz";
            case 'F' -> "yyyy-MM-dd";
            case 'T' -> "HH:mm:ss";
            case 'R' -> "HH:mm";
            case 'D' -> "MM/dd/yy";
            case '%' -> "'%'";
            default ->
                throw JinjaException.render("strftime_now does not know '%" + directive + "'");
          };
      // Java 17's CLDR data for ROOT and ENGLISH agree with C, but for am/pm in capitals.
      out.append(DateTimeFormatter.ofPattern(pattern, Locale.US).format(time));
    }
    return out.toString();
  }
}
