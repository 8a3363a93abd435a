package io.swinlake.search;

import io.swinlake.PublicApi;
import java.io.Serializable;

/**
 * What a search is for.
 *
 * @param numResults neighbours of each query: 1 to 100,000, the limits of Spark 4.2's {@code nearestByJoin}
 */
@PublicApi(since = "0.1.0")
public record Ranking(Similarity similarity, RankOrder direction, int numResults) implements Serializable {
    private static final int MOST_RESULTS = 100_000;

    public Ranking {
        if (numResults < 1 || numResults > MOST_RESULTS) {
            throw new IllegalArgumentException(
                    "a search gives 1 to 100,000 neighbours of each query, found numResults = %s"
                            .formatted(numResults));
        }
    }

    /**
     * The k embeddings of greatest cosine.
     *
     * @param k neighbours of each query
     * @return the search for them
     */
    public static Ranking nearest(int k) {
        return new Ranking(Similarity.COSINE, RankOrder.MOST_SIMILAR, k);
    }
}
