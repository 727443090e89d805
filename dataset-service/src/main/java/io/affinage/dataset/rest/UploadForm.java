package io.affinage.dataset.rest;

import io.affinage.service.rest.ApiException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jboss.resteasy.reactive.server.multipart.FormValue;
import org.jboss.resteasy.reactive.server.multipart.MultipartFormDataInput;

/**
 * The form of an upload, as OpenAI's clients send it. A part that is not known or comes twice is
 * refused.
 *
 * @param filename checked
 * @param content where the bytes are, until the request ends
 * @param lifetime seconds from the upload until the file expires; empty for never
 */
record UploadForm(String filename, Path content, Optional<Long> lifetime) {
  private static final String PURPOSE = "fine-tune";
  private static final String ANCHOR = "expires_after[anchor]";
  private static final String SECONDS = "expires_after[seconds]";
  private static final Set<String> KNOWN = Set.of("file", "purpose", ANCHOR, SECONDS);
  private static final long HOUR = 3_600;
  private static final long MONTH = 30 * 24 * HOUR;

  static UploadForm read(MultipartFormDataInput form) {
    for (Map.Entry<String, Collection<FormValue>> part : form.getValues().entrySet()) {
      String name = part.getKey() == null ? "" : part.getKey();
      if (!KNOWN.contains(name)) {
        throw ApiException.invalid(
            "unknown_parameter", "the form has a part that is not known: '" + name + "'", name);
      }
      if (part.getValue().size() > 1) {
        throw ApiException.invalid(
            "duplicate_parameter",
            "the form has the part " + part.getKey() + " twice",
            part.getKey());
      }
    }
    FormValue file = part(form, "file").orElse(null);
    if (file == null || !file.isFileItem()) {
      throw ApiException.invalid("missing_file", "the form has no file named file", "file");
    }
    String purpose = text(form, "purpose").orElse(null);
    if (!PURPOSE.equals(purpose)) {
      throw ApiException.invalid(
          "invalid_purpose", "purpose must be " + PURPOSE + ", is " + purpose, "purpose");
    }
    return new UploadForm(
        FileName.checked(file.getFileName()), file.getFileItem().getFile(), lifetime(form));
  }

  private static Optional<Long> lifetime(MultipartFormDataInput form) {
    Optional<String> anchor = text(form, ANCHOR);
    Optional<String> seconds = text(form, SECONDS);
    if (anchor.isEmpty() && seconds.isEmpty()) {
      return Optional.empty();
    }
    if (!anchor.equals(Optional.of("created_at"))) {
      throw ApiException.invalid(
          "invalid_value", ANCHOR + " must be created_at", "expires_after.anchor");
    }
    long wanted;
    try {
      wanted = Long.parseLong(seconds.orElse(""));
    } catch (NumberFormatException e) {
      wanted = -1;
    }
    if (wanted < HOUR || wanted > MONTH) {
      throw ApiException.invalid(
          "invalid_value",
          SECONDS + " must be a whole number from %d to %d".formatted(HOUR, MONTH),
          "expires_after.seconds");
    }
    return Optional.of(wanted);
  }

  private static Optional<FormValue> part(MultipartFormDataInput form, String name) {
    Collection<FormValue> parts = form.getValues().get(name);
    return parts == null ? Optional.empty() : parts.stream().findFirst();
  }

  private static Optional<String> text(MultipartFormDataInput form, String name) {
    Optional<FormValue> part = part(form, name);
    if (part.isPresent() && part.get().isFileItem()) {
      throw ApiException.invalid("invalid_type", "the part " + name + " must be a text", name);
    }
    return part.map(FormValue::getValue);
  }
}
