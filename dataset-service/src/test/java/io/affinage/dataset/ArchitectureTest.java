package io.affinage.dataset;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;

@AnalyzeClasses(
    packages = "io.affinage.dataset",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String[] EDGES = {
    "io.affinage.dataset.kafka..", "io.affinage.dataset.rest..", "io.affinage.dataset.config.."
  };

  @ArchTest
  static final ArchRule domainKnowsNoFramework =
      noClasses()
          .that()
          .resideOutsideOfPackages(EDGES)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.quarkus..",
              "io.affinage.service..",
              "io.smallrye..",
              "jakarta..",
              "org.eclipse.microprofile..",
              "org.apache.kafka..",
              "io.micrometer..",
              "io.vertx..");

  @ArchTest
  static final ArchRule domainKnowsNoEdge =
      noClasses()
          .that()
          .resideOutsideOfPackages(EDGES)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(EDGES);

  @ArchTest
  static final ArchRule parquetStaysWithItsReader =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.affinage.dataset.reading")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.parquet..", "org.apache.hadoop..");

  @ArchTest
  static final ArchRule noCycles =
      SlicesRuleDefinition.slices().matching("io.affinage.dataset.(*)..").should().beFreeOfCycles();
}
