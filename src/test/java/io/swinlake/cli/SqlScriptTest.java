package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.cli.SqlScript.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files as Spark's own command line takes them. */
class SqlScriptTest {
    private static List<String> split(String text) {
        return SqlScript.split(text).stream()
                .map(statement -> statement.inPlace().strip())
                .toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 'a;\nb'",
                "SELECT \"a;\"",
                "SELECT 1 AS `a;b`",
                "SELECT 'it\\'s;'",
                "SELECT 'it''s;'",
                "SELECT r'\\' , ';'",
                "SELECT 1 -- one; not two",
                "SELECT 1 /* one; /* nested; */ not two; */",
                "SELECT /*+ BROADCAST(a) */ 1",
                "SELECT '--' , 'a;'",
                "SELECT '/*' , ';*/'"
            })
    void aSemicolonInAStringANameOrACommentSplitsNothing(String statement) {
        assertThat(split(statement)).containsExactly(statement);
        assertThat(split(statement + "\n;\nSELECT 2;")).containsExactly(statement, "SELECT 2");
    }

    @Test
    void everySemicolonElseSplits() {
        assertThat(split("SELECT 1; SELECT 2;SELECT 3")).containsExactly("SELECT 1", "SELECT 2", "SELECT 3");
        assertThat(split("SELECT 1;\r\nSELECT\r\n  2;\r\n")).containsExactly("SELECT 1", "SELECT\r\n  2");
        assertThat(split("SELECT 'é 五 6️⃣ 😀;';SELECT '😀'")).containsExactly("SELECT 'é 五 6️⃣ 😀;'", "SELECT '😀'");
    }

    @Test
    void whatIsOnlySpaceAndCommentIsNoStatement() {
        assertThat(split("-- first\nSELECT 1;;\n ; -- the end\n/* of; the file */"))
                .containsExactly("SELECT 1");
        assertThat(split("")).isEmpty();
        assertThat(split("-- nothing;\n")).isEmpty();
    }

    @Test
    void aCommentThatIsNotClosedIsLeftToSparksParser() {
        assertThat(split("SELECT 1; /* the end")).containsExactly("SELECT 1", "/* the end");
    }

    @Test
    void aStatementKeepsItsPlaceInTheFile() {
        assertThat(SqlScript.split("-- first\nSELECT 1; SELECT\n2"))
                .containsExactly(new Statement(1, 2, "\nSELECT 1"), new Statement(2, 2, "\n          SELECT\n2"));
    }
}
