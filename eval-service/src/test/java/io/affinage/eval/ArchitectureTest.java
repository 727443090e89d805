package io.affinage.eval;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.affinage.eval", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String[] DOMAIN = {
    "..eval.statistics..",
    "..eval.metric..",
    "..eval.dataset..",
    "..eval.model..",
    "..eval.run..",
    "..eval.job..",
    "..eval.serving..",
    "..eval.wire.."
  };

  @ArchTest
  static final ArchRule domainKnowsNoFramework =
      noClasses()
          .that()
          .resideInAnyPackage(DOMAIN)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.quarkus..",
              "io.affinage.service..",
              "io.smallrye..",
              "jakarta..",
              "org.apache.kafka..",
              "org.eclipse.microprofile..",
              "io.affinage.llm..",
              "..eval.kafka..",
              "..eval.rest..",
              "..eval.config..",
              "..eval.llm..");

  @ArchTest
  static final ArchRule measuringKnowsNoWire =
      noClasses()
          .that()
          .resideInAnyPackage("..eval.statistics..", "..eval.metric..", "..eval.run..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.affinage.events..", "..eval.wire..", "..eval.job..");

  @ArchTest
  static final ArchRule modelsKnowNoEdge =
      noClasses()
          .that()
          .resideInAPackage("..eval.llm..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.apache.kafka..",
              "jakarta..",
              "..eval.kafka..",
              "..eval.rest..",
              "..eval.config..");

  @ArchTest
  static final ArchRule kafkaKnowsNoRest =
      noClasses()
          .that()
          .resideInAPackage("..eval.kafka..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("..eval.rest..", "..eval.config..", "..eval.llm..");
}
