package io.swinlake.cli.duplicates;

import static org.apache.spark.sql.functions.col;

import io.swinlake.spark.search.Centrality;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;

/** Which image of a group stays: the first of an order. The smallest id decides where all else agrees. */
enum KeepRule {
    /** The most pixels; of as many, the most bytes. */
    LARGEST {
        @Override
        List<String> needed() {
            return List.of("width", "height");
        }

        @Override
        Stream<Column> first() {
            return Stream.of();
        }
    },
    /** The earliest time of modification; of the same, the largest. */
    OLDEST {
        @Override
        List<String> needed() {
            return List.of("modificationTime");
        }

        @Override
        Stream<Column> first() {
            return Stream.of(col("modificationTime").asc());
        }
    },
    /** The greatest mean cosine with the images of its group, to six decimals; of as great ones, the largest. */
    CENTRAL {
        @Override
        List<String> needed() {
            return List.of();
        }

        @Override
        Stream<Column> first() {
            return Stream.of(col(Centrality.CENTRALITY).desc());
        }
    };

    /** Columns of the table of embeddings that every image with an embedding needs a value in. */
    abstract List<String> needed();

    /** What comes before the size. */
    abstract Stream<Column> first();

    /** The order in which the image that stays is the first of its group. */
    Column[] order() {
        return Stream.concat(
                        first(),
                        Stream.of(
                                col("width")
                                        .cast("bigint")
                                        .multiply(col("height"))
                                        .desc_nulls_last(),
                                col("length").desc_nulls_last(),
                                col("id").asc()))
                .toArray(Column[]::new);
    }

    /** As the command line spells it. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The same, for messages and for what picocli shows. */
    @Override
    public String toString() {
        return word();
    }
}
