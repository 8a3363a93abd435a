package io.swinlake.bench;

/** A row of a table of embeddings, as Spark's encoder of beans wants it. */
public final class NumberedRow {
    private long id;
    private float[] embedding;

    /** The row of an id. */
    public static NumberedRow of(long id, float[] embedding) {
        NumberedRow row = new NumberedRow();
        row.id = id;
        row.embedding = embedding;
        return row;
    }

    public long getId() {
        return id;
    }

    public void setId(long id) {
        this.id = id;
    }

    public float[] getEmbedding() {
        return embedding;
    }

    public void setEmbedding(float[] embedding) {
        this.embedding = embedding;
    }
}
