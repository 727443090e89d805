package io.affinage.llm.text.jinja;

import java.util.Map;

/** What {@code namespace()} makes: the one thing whose attributes a template can set. */
record Namespace(Map<String, Object> attributes) {}
