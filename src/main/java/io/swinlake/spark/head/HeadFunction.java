package io.swinlake.spark.head;

import io.swinlake.checkpoint.CheckpointException;
import io.swinlake.spark.sql.Catalyst;
import io.swinlake.spark.sql.SqlException;
import io.swinlake.spark.sql.TableArguments;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.Expression;
import scala.collection.Seq;

/** {@code head_score(embedding, uri[, scores])}. */
public final class HeadFunction {
    public static final String NAME = "head_score";

    public static final String USAGE = NAME
            + "(embedding, uri[, scores]) - Scores of an embedding by a linear layer that was trained on embeddings, an array of"
            + " double; scores is 'softmax', 'sigmoid' or 'raw'.";

    private HeadFunction() {}

    /**
     * The call of a query that is being analysed: Spark asks for it when the arguments are resolved, so the head can be read
     * here, once, and the expression has it wherever it is copied or sent to.
     */
    public static Expression call(Seq<Expression> values) {
        TableArguments arguments = new TableArguments(SparkSession.active(), USAGE, Catalyst.list(values));
        arguments.requireCount(2, 3);
        String uri = arguments.text(1);
        List<ScoreKind> asked = arguments.values().size() > 2 ? List.of(ScoreKind.of(arguments.text(2))) : List.of();
        try {
            SentHead head = SentHead.of(arguments.spark(), uri);
            return new HeadScore(head, asked.isEmpty() ? head.usualKind() : asked.get(0), values);
        } catch (CheckpointException e) {
            throw SqlException.unusable(NAME + ": " + e.getMessage(), e);
        }
    }
}
