package io.affinage.llm.tensor;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A TorchScript archive made in memory from source text: a zip of stored entries that holds one
 * module, {@code __torch__.Kernels}, whose attributes are numbers and whose methods are given. So
 * no Python is needed to compile kernels.
 *
 * @see <a href="https://pytorch.org/docs/stable/jit_builtin_functions.html">TorchScript
 *     functions</a>
 */
final class ScriptArchive {
  private static final String CLASS_HEAD =
      "class Kernels(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n";

  private ScriptArchive() {}

  /**
   * @param attributes the module's attributes, readable as {@code self.NAME}: Integer, Double,
   *     Boolean or a List of Integer
   * @param methods source of the module's methods, each indented by two spaces
   */
  static byte[] of(Map<String, Object> attributes, List<String> methods) {
    StringBuilder source = new StringBuilder(CLASS_HEAD);
    attributes.forEach(
        (name, value) ->
            source.append("  ").append(name).append(" : ").append(typeOf(value)).append('\n'));
    methods.forEach(source::append);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      store(zip, "archive/version", "10\n".getBytes(StandardCharsets.US_ASCII));
      store(zip, "archive/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
      store(zip, "archive/data.pkl", pickle(attributes));
      store(zip, "archive/constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
      store(
          zip, "archive/code/__torch__.py", source.toString().getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static String typeOf(Object value) {
    if (value instanceof Boolean) {
      return "bool";
    }
    if (value instanceof Integer) {
      return "int";
    }
    if (value instanceof Double) {
      return "float";
    }
    if (value instanceof List<?> list && list.stream().allMatch(Integer.class::isInstance)) {
      return "List[int]";
    }
    throw new IllegalArgumentException(
        "a kernel attribute must be a number or whole numbers: " + value);
  }

  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setTime(0);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  /** Pickle protocol 2: an object of the class made without arguments, then its state. */
  private static byte[] pickle(Map<String, Object> attributes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x80, 2});
    out.writeBytes("c__torch__\nKernels\n".getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(new byte[] {')', (byte) 0x81, '}', '('});
    item(out, "training", Boolean.FALSE);
    attributes.forEach((name, value) -> item(out, name, value));
    out.writeBytes(new byte[] {'u', 'b', '.'});
    return out.toByteArray();
  }

  private static void item(ByteArrayOutputStream out, String name, Object value) {
    byte[] text = name.getBytes(StandardCharsets.US_ASCII);
    out.write('X');
    out.writeBytes(
        ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(text.length).array());
    out.writeBytes(text);
    if (value instanceof Boolean flag) {
      out.write(flag ? 0x88 : 0x89);
    } else if (value instanceof Integer number) {
      whole(out, number);
    } else if (value instanceof List<?> list) {
      out.writeBytes("ctorch.jit._pickle\nbuild_intlist\n](".getBytes(StandardCharsets.US_ASCII));
      list.forEach(each -> whole(out, (Integer) each));
      out.writeBytes(new byte[] {'e', (byte) 0x85, 'R'});
    } else {
      out.write('G');
      out.writeBytes(ByteBuffer.allocate(8).putDouble((Double) value).array());
    }
  }

  private static void whole(ByteArrayOutputStream out, int number) {
    out.write('J');
    out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(number).array());
  }
}
