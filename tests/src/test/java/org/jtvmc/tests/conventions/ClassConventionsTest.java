package org.jtvmc.tests.conventions;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What holds of every class of the project, read from its bytecode. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClassConventionsTest {

  /** The arrows of the modules: on the left who depends, on the right on whom he may. */
  private static final Map<String, List<String>> MAY_DEPEND_ON =
      Map.of(
          "ir", List.of(),
          "schedule", List.of("ir"),
          "codegen", List.of("ir"),
          "tuner", List.of("ir", "schedule", "codegen"),
          "compiler", List.of("ir", "schedule", "codegen", "tuner"),
          "examples", List.of("ir", "schedule", "codegen", "tuner", "compiler"));

  private JavaClasses classes;

  @BeforeAll
  void readClasses() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.jtvmc");
  }

  @Test
  void aModuleUsesOnlyTheModulesBelowIt() {
    MAY_DEPEND_ON.forEach(
        (module, below) -> {
          DescribedPredicate<JavaClass> notBelow = resideInAPackage("org.jtvmc..");
          notBelow = notBelow.and(not(inModule(module)));
          for (String allowed : below) {
            notBelow = notBelow.and(not(inModule(allowed)));
          }
          noClasses()
              .that(are(inModule(module)))
              .should()
              .dependOnClassesThat(notBelow.as("belong to a module that %s may not use", module))
              .allowEmptyShould(true)
              .check(classes);
        });
  }

  @Test
  void noClassIsABagOfFunctions() {
    noClasses()
        .should()
        .haveSimpleNameEndingWith("Utils")
        .orShould()
        .haveSimpleNameEndingWith("Util")
        .orShould()
        .haveSimpleNameEndingWith("Helper")
        .because("a class is named for the idea it holds")
        .check(classes);
  }

  @Test
  void nothingStaticCanBeAssigned() {
    fields()
        .that()
        .areStatic()
        .and(are(writtenByHand()))
        .should()
        .beFinal()
        .because("state belongs to an object that somebody made")
        .check(classes);
  }

  @Test
  void noStaticArrayCanBeSeenFromOutside() {
    fields()
        .that()
        .areStatic()
        .and()
        .areNotPrivate()
        .and(are(writtenByHand()))
        .should()
        .notHaveRawType(DescribedPredicate.describe("an array", (JavaClass type) -> type.isArray()))
        .because("whoever sees an array can change it")
        .check(classes);
  }

  @Test
  void noRecordHoldsAnArray() {
    fields()
        .that()
        .areNotStatic()
        .and()
        .areDeclaredInClassesThat(
            DescribedPredicate.describe("are records", (JavaClass type) -> type.isRecord()))
        .should()
        .notHaveRawType(DescribedPredicate.describe("an array", (JavaClass type) -> type.isArray()))
        .because("a record's equals compares arrays by identity")
        .check(classes);
  }

  private static DescribedPredicate<JavaClass> inModule(String module) {
    return resideInAPackage("org.jtvmc." + module + "..");
  }

  /** Neither the compiler's own fields nor those of generated parsers. */
  private static DescribedPredicate<JavaField> writtenByHand() {
    return DescribedPredicate.describe(
        "written by hand",
        field ->
            !field.getModifiers().contains(JavaModifier.SYNTHETIC)
                && !field.getOwner().getPackageName().endsWith(".jmh_generated")
                && field.getOwner().getAllRawSuperclasses().stream()
                    .noneMatch(type -> type.getPackageName().startsWith("org.antlr")));
  }
}
