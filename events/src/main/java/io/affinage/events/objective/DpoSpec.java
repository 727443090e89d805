package io.affinage.events.objective;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.affinage.events.Setting;
import org.jspecify.annotations.Nullable;

/**
 * Direct preference optimisation with the sigmoid loss (Rafailov et al. 2023).
 *
 * @param beta how strongly the model is held to the one that training starts from
 * @param labelSmoothing share of pairs that are taken to be labelled the wrong way round
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DpoSpec(
    @Setting(
            value = "how strongly the model is held to the one that the stage starts from",
            otherwise = "0.1",
            from = 1e-6,
            to = 1000)
        @Nullable Double beta,
    @Setting(
            value = "share of pairs that are taken to be labelled the wrong way round",
            otherwise = "0.0",
            from = 0,
            to = 0.49)
        @Nullable Double labelSmoothing)
    implements ObjectiveSpec {}
