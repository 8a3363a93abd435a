package io.swinlake.cli;

import java.util.ArrayList;
import java.util.List;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.Token;
import org.apache.spark.sql.catalyst.parser.SqlBaseLexer;
import org.apache.spark.sql.catalyst.parser.UpperCaseCharStream;

/**
 * The statements of a file, split at its semicolons by Spark's own lexer: one in a string, a quoted name or a comment splits
 * nothing, and what is only comment or space is no statement.
 */
final class SqlScript {
    private SqlScript() {}

    /**
     * A statement without its semicolon.
     *
     * @param number among the statements of its file, from 1
     * @param line on which it begins, from 1
     * @param inPlace the statement behind as many empty lines and spaces as bring it to its place in the file, so that what
     *     Spark says of lines is true of the file
     */
    record Statement(int number, int line, String inPlace) {}

    static List<Statement> split(String text) {
        SqlBaseLexer lexer = new SqlBaseLexer(new UpperCaseCharStream(CharStreams.fromString(text)));
        lexer.removeErrorListeners();
        List<Statement> statements = new ArrayList<>();
        Token first = null;
        for (Token token = lexer.nextToken();
                first != null || token.getType() != Token.EOF;
                token = lexer.nextToken()) {
            boolean ends = token.getType() == Token.EOF || token.getText().equals(";");
            if (ends && first != null) {
                statements.add(statement(statements.size() + 1, first, token, text));
                first = null;
            } else if (!ends && first == null && (token.getChannel() == Token.DEFAULT_CHANNEL || isUnclosed(token))) {
                first = token;
            }
        }
        return statements;
    }

    /** A comment that reaches to the end of the file, which Spark's parser has a message for. */
    private static boolean isUnclosed(Token token) {
        return token.getText().startsWith("/*") && !token.getText().endsWith("*/");
    }

    private static Statement statement(int number, Token first, Token end, String text) {
        int from = text.offsetByCodePoints(0, first.getStartIndex());
        int to = end.getType() == Token.EOF ? text.length() : text.offsetByCodePoints(0, end.getStartIndex());
        String place = "\n".repeat(first.getLine() - 1) + " ".repeat(first.getCharPositionInLine());
        return new Statement(
                number, first.getLine(), place + text.substring(from, to).stripTrailing());
    }
}
