package io.affinage.trainer.engine;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The files that training starts from; read-only.
 *
 * @param model the whole model
 * @param adapter a PEFT folder whose matrices are trained on; empty where training begins anew
 */
public record BaseFolders(Path model, Optional<Path> adapter) {}
