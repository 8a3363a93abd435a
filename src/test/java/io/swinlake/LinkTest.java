package io.swinlake;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One jar for all lines of Spark: what our classes name is there in each. Compiled against one of them, they do not tell. */
class LinkTest {
    /** Of each line: all tests ask the same of it. */
    private static final Map<SparkLine, LinkCheck.Result> RESULTS = new EnumMap<>(SparkLine.class);

    private static LinkCheck.Result result(SparkLine line) throws Exception {
        LinkCheck.Result known = RESULTS.get(line);
        if (known == null) {
            try (LinkCheck check = new LinkCheck(line.jars())) {
                known = check.run();
            }
            RESULTS.put(line, known);
        }
        return known;
    }

    @ParameterizedTest
    @EnumSource
    void everyClassMethodAndFieldThatWeNameIsThere(SparkLine line) throws Exception {
        LinkCheck.Result result = result(line);

        assertThat(result.broken()).isEmpty();
        assertThat(result.references()).isGreaterThan(5000);
    }

    /** One that does not is never called again, and nothing says so. */
    @ParameterizedTest
    @EnumSource
    void whatOverridesAMethodOfSparkStillDoes(SparkLine line) throws Exception {
        assertThat(result(line).overrides())
                .contains("io/swinlake/spark/sql/VectorExpression.withNewChildrenInternal")
                .containsAll(result(SparkLine.V3_5).overrides());
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
