package io.affinage.llm.model.config;

/**
 * What one layer has that others of the same model may lack.
 *
 * @param rotary index of its rotary embedding in {@link DecoderConfig#rotary()}, -1 without one
 * @param windowed whether it sees only {@link AttentionForm#window()} positions
 */
public record LayerForm(int rotary, boolean windowed) {}
