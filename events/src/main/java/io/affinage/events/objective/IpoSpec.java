package io.affinage.events.objective;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.affinage.events.Setting;
import org.jspecify.annotations.Nullable;

/**
 * Identity preference optimisation (Azar et al. 2023): the squared distance of the margin to 1 / (2
 * beta).
 *
 * @param beta the larger, the closer the model stays to the one that training starts from
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record IpoSpec(
    @Setting(
            value = "the margin that is aimed at is 1 / (2 beta)",
            otherwise = "0.1",
            from = 1e-6,
            to = 1000)
        @Nullable Double beta)
    implements ObjectiveSpec {}
