package io.affinage.llm;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Which package of the model library may use which, as ARCHITECTURE.md says. */
@AnalyzeClasses(packages = "io.affinage.llm", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule STANDS_ALONE =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.apache.kafka..",
              "io.quarkus..",
              "io.smallrye..",
              "jakarta..",
              "io.affinage.events..");

  @ArchTest
  static final ArchRule PACKAGES =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("door")
          .definedBy("io.affinage.llm")
          .layer("error")
          .definedBy("io.affinage.llm.error..")
          .layer("quantization")
          .definedBy("io.affinage.llm.quantization..")
          .layer("checkpoint")
          .definedBy("io.affinage.llm.checkpoint..")
          .layer("hub")
          .definedBy("io.affinage.llm.hub..")
          .layer("text")
          .definedBy("io.affinage.llm.text..")
          .layer("data")
          .definedBy("io.affinage.llm.data..")
          .layer("tensor")
          .definedBy("io.affinage.llm.tensor..")
          .layer("model")
          .definedBy("io.affinage.llm.model..")
          .layer("adapter")
          .definedBy("io.affinage.llm.adapter..")
          .layer("objective")
          .definedBy("io.affinage.llm.objective..")
          .layer("training")
          .definedBy("io.affinage.llm.training..")
          .layer("generation")
          .definedBy("io.affinage.llm.generation..")
          .layer("evaluation")
          .definedBy("io.affinage.llm.evaluation..")
          .layer("export")
          .definedBy("io.affinage.llm.export..")
          .layer("reward")
          .definedBy("io.affinage.llm.reward..")
          .whereLayer("door")
          .mayOnlyAccessLayers("error", "checkpoint", "text", "tensor", "model", "adapter")
          .whereLayer("error")
          .mayNotAccessAnyLayer()
          .whereLayer("quantization")
          .mayNotAccessAnyLayer()
          .whereLayer("checkpoint")
          .mayOnlyAccessLayers("error", "quantization")
          .whereLayer("hub")
          .mayOnlyAccessLayers("error", "checkpoint")
          .whereLayer("text")
          .mayOnlyAccessLayers("error")
          .whereLayer("data")
          .mayOnlyAccessLayers("error", "text")
          .whereLayer("tensor")
          .mayOnlyAccessLayers("error")
          .whereLayer("model")
          .mayOnlyAccessLayers("error", "checkpoint", "quantization", "tensor", "data")
          .whereLayer("adapter")
          .mayOnlyAccessLayers("error", "checkpoint", "tensor", "model")
          .whereLayer("objective")
          .mayOnlyAccessLayers("error", "data")
          .whereLayer("generation")
          .mayOnlyAccessLayers("error", "model", "tensor", "adapter", "text", "data")
          .whereLayer("evaluation")
          .mayOnlyAccessLayers(
              "error", "model", "tensor", "adapter", "text", "data", "generation", "objective")
          .whereLayer("reward")
          .mayOnlyAccessLayers(
              "door", "error", "checkpoint", "text", "tensor", "model", "adapter", "data")
          .whereLayer("training")
          .mayOnlyAccessLayers(
              "error",
              "model",
              "tensor",
              "adapter",
              "data",
              "checkpoint",
              "quantization",
              "objective");
}
