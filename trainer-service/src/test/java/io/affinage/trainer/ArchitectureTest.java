package io.affinage.trainer;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "io.affinage.trainer",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule domainKnowsNoFramework =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.affinage.trainer.base..",
              "io.affinage.trainer.engine..",
              "io.affinage.trainer.job..",
              "io.affinage.events.spec..",
              "io.affinage.trainer.work..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.quarkus..",
              "io.affinage.service..",
              "org.apache.kafka..",
              "io.smallrye..",
              "jakarta..",
              "io.micrometer..",
              "org.eclipse.microprofile..");

  @ArchTest
  static final ArchRule domainKnowsNoEdge =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.affinage.trainer.base..",
              "io.affinage.trainer.engine..",
              "io.affinage.trainer.job..",
              "io.affinage.events.spec..",
              "io.affinage.trainer.work..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.affinage.trainer.kafka..",
              "io.affinage.trainer.rest..",
              "io.affinage.trainer.config..",
              "io.affinage.llm..");

  @ArchTest
  static final ArchRule restDoesNotTouchKafka =
      noClasses()
          .that()
          .resideInAPackage("io.affinage.trainer.rest..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.affinage.trainer.kafka..", "org.apache.kafka..");

  @ArchTest
  static final ArchRule noCycles =
      slices().matching("io.affinage.trainer.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule exceptionsAreFinal =
      classes()
          .that()
          .areAssignableTo(Throwable.class)
          .should()
          .haveModifier(com.tngtech.archunit.core.domain.JavaModifier.FINAL);
}
