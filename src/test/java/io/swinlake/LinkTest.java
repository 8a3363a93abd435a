package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One jar for all lines of Spark: what our classes name is there in each. Compiled against one of them, they do not tell. */
class LinkTest {
    @ParameterizedTest
    @EnumSource
    void everyClassMethodAndFieldThatWeNameIsThere(SparkLine line) throws Exception {
        try (LinkCheck check = new LinkCheck(line.jars())) {
            LinkCheck.Result result = check.run();

            assertThat(result.broken()).isEmpty();
            assertThat(result.references()).isGreaterThan(5000);
        }
    }

    /** One that does not is never called again, and nothing says so. */
    @ParameterizedTest
    @EnumSource
    void whatOverridesAMethodOfSparkStillDoes(SparkLine line) throws Exception {
        Set<String> overrides;
        try (LinkCheck check = new LinkCheck(SparkLine.V3_5.jars())) {
            overrides = check.run().overrides();
        }
        try (LinkCheck check = new LinkCheck(line.jars())) {
            assertThat(check.run().overrides())
                    .contains("io/swinlake/spark/sql/VectorExpression.withNewChildrenInternal")
                    .containsAll(overrides);
        }
    }

    @Test
    void aMissingJarIsSeen() throws Exception {
        try (LinkCheck check = new LinkCheck(SparkLine.V3_5.jars().stream()
                .filter(jar -> !jar.getFileName().toString().startsWith("spark-catalyst"))
                .toList())) {
            assertThat(check.run().broken())
                    .contains("io/swinlake/spark/sql/Catalyst names the class"
                            + " org/apache/spark/sql/catalyst/expressions/objects/StaticInvoke");
        }
    }
}
