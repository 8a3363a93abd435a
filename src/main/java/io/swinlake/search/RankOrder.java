package io.swinlake.search;

import io.swinlake.PublicApi;

/** Which end of the similarities is wanted. */
@PublicApi(since = "0.1.0")
public enum RankOrder {
    /** The nearest. */
    MOST_SIMILAR(1),
    /** The farthest. */
    LEAST_SIMILAR(-1);

    private final int sign;

    RankOrder(int sign) {
        this.sign = sign;
    }

    /** What makes the wanted end the greatest. */
    int sign() {
        return sign;
    }
}
