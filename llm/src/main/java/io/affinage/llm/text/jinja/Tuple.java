package io.affinage.llm.text.jinja;

import java.util.List;

/** A Python tuple. */
record Tuple(List<Object> items) {}
