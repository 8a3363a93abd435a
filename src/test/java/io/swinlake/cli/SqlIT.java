package io.swinlake.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.swinlake.spark.LocalSpark;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verb sql, on files as editors write them. */
class SqlIT {
    @TempDir
    static Path folder;

    private static String table;

    @BeforeAll
    static void writeTable() {
        table = folder.resolve("table").toString();
        LocalSpark.session()
                .sql("SELECT 'file:/a.png' AS path, 1 AS prediction, 'cat' AS label,"
                        + " array(struct(1 AS index, 'cat' AS label, 1F AS probability)) AS top_k,"
                        + " array(1F, 0F) AS embedding, CAST(NULL AS STRING) AS error")
                .write()
                .parquet(table);
    }

    private static Path file(String name, byte[] text) throws IOException {
        return Files.write(folder.resolve(name), text);
    }

    private static Run sql(Object file) {
        return Run.swinlake("sql", "--embeddings", table, file.toString());
    }

    @Test
    void aFileOfAnyEditorOnAnyFileSystemGivesItsResults() throws IOException {
        String text =
                "\uFEFFSELECT count(*) AS n FROM embeddings; -- one\r\nSELECT 'a;b' AS s;SELECT 2 AS two;\r\n-- the end";
        for (var charset : new java.nio.charset.Charset[] {StandardCharsets.UTF_8, StandardCharsets.UTF_16LE}) {
            Path file = file("editor.sql", text.getBytes(charset));
            for (String place : new String[] {file.toString(), file.toUri().toString()}) {
                Run run = sql(place);
                assertThat(run).returns("", Run::err).returns(0, Run::exitCode);
                assertThat(run.out()).containsSubsequence("|n  |", "|1  |", "|s  |", "|a;b|", "|two|", "|2  |");
            }
        }
    }

    @Test
    void aSyntaxErrorIsFoundBeforeAnyResult() throws IOException {
        Path file = file("wrong.sql", "SELECT 1;\n\nSELECT *\nFORM embeddings;".getBytes(StandardCharsets.UTF_8));
        assertThat(sql(file))
                .returns("", Run::out)
                .returns(4, Run::exitCode)
                .returns(
                        "swinlake sql: %s: statement 2: [PARSE_SYNTAX_ERROR] Syntax error at or near 'embeddings': extra input 'embeddings'.(line 4, pos 5)"
                                .formatted(file),
                        run -> run.err().strip());
    }

    @Test
    void aStatementThatFailsIsNamed() throws IOException {
        Path file =
                file("column.sql", "SELECT 1 AS one;\nSELECT lable FROM embeddings".getBytes(StandardCharsets.UTF_8));
        Run run = sql(file);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out()).contains("|one|");
        assertThat(run.err())
                .startsWith(
                        "swinlake sql: %s: statement 2, line 2: [UNRESOLVED_COLUMN.WITH_SUGGESTION]".formatted(file))
                .hasLineCount(1);
    }

    @Test
    void whatIsNoSqlFileIsOneLine() throws IOException {
        Path latin1 = file("latin1.sql", "SELECT 1;\nSELECT 'é'".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(sql(latin1))
                .returns(4, Run::exitCode)
                .extracting(Run::err)
                .asString()
                .startsWith("swinlake sql: %s: cannot be read: line 2, byte 9 of that line, 0xE9, is not UTF-8"
                        .formatted(latin1));
        assertThat(sql("/no/such.sql").err())
                .isEqualToIgnoringNewLines("swinlake sql: /no/such.sql: cannot be read: no such file");
        assertThat(sql(folder).err())
                .isEqualToIgnoringNewLines("swinlake sql: %s: cannot be read: a folder, not a file".formatted(folder));
        assertThat(sql(file("comments.sql", "-- nothing".getBytes(StandardCharsets.UTF_8)))
                        .err())
                .endsWith("comments.sql: holds no statement\n");
    }
}
