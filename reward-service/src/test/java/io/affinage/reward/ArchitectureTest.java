package io.affinage.reward;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.affinage.reward", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule domainKnowsNoFramework =
      noClasses()
          .that()
          .resideInAnyPackage("..reward.scoring..", "..reward.batch..", "..reward.learned..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.quarkus..",
              "io.affinage.service..",
              "io.smallrye..",
              "jakarta..",
              "org.apache.kafka..",
              "org.eclipse.microprofile..",
              "..reward.kafka..",
              "..reward.rest..",
              "..reward.config..");

  @ArchTest
  static final ArchRule scoringKnowsNoWire =
      noClasses()
          .that()
          .resideInAPackage("..reward.scoring..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.affinage.events..", "..reward.batch..");

  @ArchTest
  static final ArchRule edgesDoNotKnowEachOther =
      noClasses()
          .that()
          .resideInAPackage("..reward.rest..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("..reward.kafka..");
}
