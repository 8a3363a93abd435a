package io.swinlake.spark;

import io.swinlake.PublicApi;
import org.apache.spark.package$;
import org.apache.spark.sql.SparkSessionExtensions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/**
 * Swinlake in SQL, for every session that has {@code spark.sql.extensions=io.swinlake.spark.SwinlakeExtensions}: functions of
 * images ({@code swin_embed}, {@code swin_classify}, {@code swin_error}) and of embeddings ({@code head_score}), tables ({@code swinlake_table}, {@code swinlake_infer},
 * {@code swinlake_nearest}, {@code swinlake_duplicates}), and the vector functions of Spark 4.2, which from that version on are
 * Spark's own.
 */
@PublicApi(since = "0.1.0")
public final class SwinlakeExtensions extends AbstractFunction1<SparkSessionExtensions, BoxedUnit> {
    private static final Logger LOG = LoggerFactory.getLogger(SwinlakeExtensions.class);

    /**
     * Registers all of them. A Spark that lacks what they need keeps its session: whoever uses none of them should not notice. What
     * they need is named in another class, since this one must link to tell of it.
     */
    @Override
    public BoxedUnit apply(SparkSessionExtensions extensions) {
        try {
            SqlFunctions.register(extensions);
        } catch (LinkageError e) {
            LOG.error(
                    "Spark {} has not the classes that Swinlake's SQL functions are made of ({}); the session goes on without"
                            + " them",
                    package$.MODULE$.SPARK_VERSION(),
                    e.toString());
        }
        return BoxedUnit.UNIT;
    }
}
